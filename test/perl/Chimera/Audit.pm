# Audit.pm: what the miners were told, against what the database holds.
#
#     my $audit = Chimera::Audit->new($pool);
#     $audit->watch('litecoin', $miner);
#     is_deeply([ $audit->deviations ], [], 'all is well, with the load going on');
#     $miner->stop;
#     is_deeply([ $audit->final_deviations ], [], 'and now that it has ended');
#
# It keeps every acknowledgement it has read, so it may be asked as often as
# wanted, of whichever server the pool runs on by then.
package Chimera::Audit;

use strict;
use warnings;

use Chimera::Pool;

# Minutes of a miner where shares are not what the rollups and the deltas on
# their way there say together: one snapshot, so it holds at any moment.
use constant ROLLUPS => <<'SQL';
WITH told AS (
    SELECT network_id, minute, miner_id, sum(accepted) AS accepted, sum(difficulty) AS difficulty
    FROM (SELECT network_id, minute, miner_id, accepted, difficulty FROM chimera.share_rollups_minute
          UNION ALL
          SELECT d.network_id, date_trunc('minute', d.submitted_at), u.miner_id, u.accepted, u.difficulty
          FROM chimera.share_deltas d CROSS JOIN LATERAL chimera.unpack_share_deltas(d.counts) u) parts
    GROUP BY 1, 2, 3 HAVING sum(accepted) > 0
), counted AS (
    SELECT network_id, date_trunc('minute', submitted_at) AS minute, miner_id, count(*), sum(difficulty) AS difficulty
    FROM chimera.shares GROUP BY 1, 2, 3
)
SELECT format('miner %s at %s: %s shares, the rollups say %s', miner_id, minute, coalesce(count, 0), coalesce(accepted, 0))
FROM counted FULL JOIN told USING (network_id, minute, miner_id)
WHERE count IS DISTINCT FROM accepted OR abs(counted.difficulty - told.difficulty) > 1e-9 * told.difficulty
SQL

use constant BOOKS => <<'SQL';
SELECT format('ledger of %s: %s: %s, expected %s, found %s', network_name, check_name, subject, expected, found)
FROM chimera.audit()
SQL

sub new
{
    my ($class, $pool) = @_;
    return bless { pool => $pool, miners => [], acknowledged => {} }, $class;
}

# From now on that Chimera::Miner is listened to.
sub watch
{
    my ($self, $network, $miner) = @_;

    push @{ $self->{miners} }, { network => $network, miner => $miner, read => 0 };
    return;
}

# Take what the miners have logged since the last time.
sub read_logs
{
    my ($self) = @_;

    for my $watched (@{ $self->{miners} })
    {
        my @lines = $watched->{miner}->log_since($watched->{read});
        my @keys = $self->{pool}->logged_share_keys(@lines);
        my $known = $self->{acknowledged}{ $watched->{network} } //= { shares => {}, unclear => {}, blocks => {} };

        $watched->{read} += @lines;
        for my $line (@lines)
        {
            my $key = shift @keys;

            if ($line->{result} eq 'accepted')
            {
                $known->{shares}{$key} = 1;
                $known->{blocks}{ $line->{hash} } = 1 if $line->{block};
            }
            elsif (is_unclear($line)) { $known->{unclear}{$key} = 1 }
        }
    }
    return;
}

# A share whose answer was lost may be there: sent again, by stratumd or the
# miner, it is a duplicate, or its job is stale by then and nobody can tell.
sub is_unclear
{
    my ($line) = @_;
    return $line->{result} eq 'unanswered'
      || ($line->{error} // 0) == 22
      || ($line->{message} // '') =~ /may not have been stored/;
}

# Acknowledged so far, on a network: 'shares' or 'blocks'.
sub acknowledged
{
    my ($self, $network, $what) = @_;
    return keys %{ $self->{acknowledged}{$network}{$what} };
}

# Everything that is not as it must be at any time; an empty result is good.
sub deviations
{
    my ($self) = @_;

    $self->read_logs;
    return (
        map({ $self->network_deviations($_) } sort keys %{ $self->{acknowledged} }),
        $self->rows(ROLLUPS), $self->rows(BOOKS));
}

# The same when the miners have ended, who then know of every share.
sub final_deviations
{
    my ($self) = @_;
    my @deviations = $self->deviations;

    for my $network (sort keys %{ $self->{acknowledged} })
    {
        my $known = $self->{acknowledged}{$network};
        push @deviations, map { "$network: share $_ was refused and is stored" }
          grep { !$known->{shares}{$_} && !$known->{unclear}{$_} } $self->{pool}->stored_share_keys($network);
    }
    return @deviations;
}

sub network_deviations
{
    my ($self, $network) = @_;
    my $known = $self->{acknowledged}{$network};
    my (%stored, @deviations);

    $stored{$_}++ for $self->{pool}->stored_share_keys($network);
    push @deviations, map { "$network: share $_ was acknowledged and is not stored" }
      grep { !$stored{$_} } sort keys %{ $known->{shares} };
    push @deviations, map { "$network: share $_ is stored $stored{$_} times" }
      grep { $stored{$_} > 1 } sort keys %stored;

    my %status = map { split /\|/ } $self->rows(
        "SELECT encode(hash, 'hex'), status FROM chimera.blocks WHERE network_id = chimera.network_id('$network')");
    push @deviations, map { "$network: block $_ was acknowledged and is " . ($status{$_} // 'not stored') }
      grep { ($status{$_} // 'rejected') eq 'rejected' } sort keys %{ $known->{blocks} };
    return @deviations;
}

sub rows
{
    my ($self, $query) = @_;
    return split /\n/, $self->{pool}->safe_psql($query);
}

1;
