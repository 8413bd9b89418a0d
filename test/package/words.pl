# The text of the tree keeps to plain English: none of the phrases that readers
# stumbled over.  doc/glossary.md has the words, CONTRIBUTING.md the style.
use strict;
use warnings;
use Test::More;

# each with what to write instead
my @phrases = (
    [ qr/\banew\b/, 'again, or what is done: re-read, re-created' ],
    [ qr/\bstands? in (?:the|a|shared|it|chimera|`)/, 'is in, is stored in' ],
    [ qr/\bthere is no\b[^.]*"%/, 'X "%" does not exist' ],
    [ qr/(?<!there )\bis none\b/, 'is not one; say what it is' ],
    [ qr/\b(?:is|are) away\b/, 'is unavailable' ],
    [ qr/\b(?:kept|keeps?) out\b/, 'rejected, banned' ],
    [ qr/\bsent away\b|\bsends? away\b/, 'disconnected' ],
    [ qr/\blet in\b|\blets? nobody\b|\blets? no\b/, 'accepted, limits' ],
    [ qr/\bwho is gone\b|\bwhat is told\b|\bis told so\b/, 'say who does what' ],
    [ qr/\bof IPv6,? a \/64\b/, 'for IPv6' ],
    [ qr/\ba row a\b|\bone a (?:network|minute|day|page)\b/, 'one row per' ],
    [ qr/(?:^|[.!?] )Whom\b/, 'no relative clause as a subject' ],
    [ qr/\bwho is no\b/, 'anyone who is not' ],
    [ qr/\bwhat lets\b|\blets? somebody\b/, 'name it: credentials, secrets' ],
    [ qr/\b(?:is|are) there already\b/, 'already exists' ],
    [ qr/\bwhen there is none\b/, 'if it does not exist' ],
    [ qr/\bunless said otherwise\b/, 'by default' ],
    [ qr/\bas it should be\b/, 'healthy, correct' ],
    [ qr/\bof late\b/, 'lately' ],
    [ qr/\bone's own\b/, 'say whose: the user, the account' ],
    [ qr/\bwhere (?:it|one|the caller|the user) is (?:to be )?paid\b/, 'payout address' ],
    [ qr/\bfrom (?:which balance|where) on\b/, 'minimum payout' ],
    [ qr/\boperator's hands?\b/, 'say what an operator does' ],
);

my @files = grep { -f && -T && !m{^(?:test/package/words\.pl|doc/glossary\.md|test/fuzz/corpus/|doc/reference\.md|CHANGELOG\.md|.*package-lock\.json)} }
  split /\n/, `git ls-files 2>/dev/null`;
plan skip_all => 'this is no checkout' unless @files;

my @found;
for my $name (@files)
{
    open my $file, '<', $name or next;
    while (my $line = <$file>)
    {
        for (@phrases)
        {
            my ($pattern, $instead) = @{$_};
            push @found, "$name:$.: $& ($instead)" if $line =~ $pattern;
        }
    }
}
is(scalar @found, 0, 'no known phrase in a foreign word order') or diag join "\n", @found;
done_testing();
