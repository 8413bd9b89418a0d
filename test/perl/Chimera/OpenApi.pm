# OpenApi.pm: holds answers against an OpenAPI 3.1 description.
#
#     my $api = Chimera::OpenApi->new($document);
#     my @wrong = $api->check_answer('GET', '/networks/{network}', 200, $type, $json);
#
# Only the part of JSON Schema that webd/openapi.json uses is known; a keyword
# that is not dies, so that none is thought to be checked that is not.
package Chimera::OpenApi;

use strict;
use warnings;

use B ();
use Carp;
use JSON::PP ();
use Scalar::Util qw(blessed);

my %CHECK = (
    type => \&check_type,
    enum => \&check_enum,
    properties => \&check_properties,
    required => \&check_required,
    additionalProperties => \&check_additional,
    items => \&check_items,
    prefixItems => \&check_prefix_items,
    minItems => sub { ref $_[1] ne 'ARRAY' || @{ $_[1] } >= $_[2]{minItems} ? () : "$_[3]: too few items" },
    maxItems => sub { ref $_[1] ne 'ARRAY' || @{ $_[1] } <= $_[2]{maxItems} ? () : "$_[3]: too many items" },
    minimum => sub { !is_number($_[1]) || $_[1] >= $_[2]{minimum} ? () : "$_[3]: $_[1] is too small" },
    maximum => sub { !is_number($_[1]) || $_[1] <= $_[2]{maximum} ? () : "$_[3]: $_[1] is too big" },
    minLength => sub { !is_string($_[1]) || length $_[1] >= $_[2]{minLength} ? () : "$_[3]: too short" },
    pattern => sub { !is_string($_[1]) || $_[1] =~ /$_[2]{pattern}/ ? () : "$_[3]: '$_[1]' does not match $_[2]{pattern}" },
    format => \&check_format,
    oneOf => \&check_one_of,
    '$ref' => sub { my ($self, $value, $schema, $at) = @_; $self->check($value, $self->resolve($schema->{'$ref'}), $at) },
    description => sub { () });

my %FORMAT = (
    uuid => qr/\A[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\z/,
    'date-time' => qr/\A\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|\+00:00)\z/);

sub new
{
    my ($class, $document) = @_;
    return bless { document => $document }, $class;
}

# "GET /path/{name}" of all operations
sub operations
{
    my ($self) = @_;
    my $paths = $self->{document}{paths};

    return map { my $path = $_; map { uc($_) . " $path" } sort keys %{ $paths->{$path} } } sort keys %{$paths};
}

sub operation
{
    my ($self, $method, $path) = @_;
    return $self->{document}{paths}{$path}{ lc $method } // croak "$method $path is not described";
}

sub resolve
{
    my ($self, $reference) = @_;
    my $found = $self->{document};

    for my $part (split m{/}, $reference =~ s{\A#/}{}r)
    {
        $found = $found->{$part} // croak "nothing is at $reference";
    }
    return $found;
}

sub deref
{
    my ($self, $object) = @_;
    return $object->{'$ref'} ? $self->resolve($object->{'$ref'}) : $object;
}

# The problems of a response: a list of texts, empty if there are none.
sub check_answer
{
    my ($self, $method, $path, $status, $type, $json) = @_;
    my $described = $self->operation($method, $path)->{responses}{$status}
      or return "the status $status is not described";
    my $content = $self->deref($described)->{content};
    my ($wanted) = keys %{$content};

    return "the type is $type, not $wanted" unless $type eq $wanted;
    return $self->check($json, $content->{$wanted}{schema}, '');
}

# --- schemas

sub check
{
    my ($self, $value, $schema, $at) = @_;
    my @wrong;

    for my $keyword (sort keys %{$schema})
    {
        my $check = $CHECK{$keyword} // croak "$at: the keyword $keyword is not known";
        push @wrong, $check->($self, $value, $schema, $at);
    }
    return @wrong;
}

sub flags { return B::svref_2object(\$_[0])->FLAGS }

# JSON::PP gives numbers without a text, texts without a number.
sub is_string { return defined $_[0] && !ref $_[0] && flags($_[0]) & B::SVf_POK }

sub is_number { return defined $_[0] && !ref $_[0] && !(flags($_[0]) & B::SVf_POK) && flags($_[0]) & (B::SVf_IOK | B::SVf_NOK) }

sub is_boolean { return blessed $_[0] && $_[0]->isa('JSON::PP::Boolean') }

my %IS = (
    null => sub { !defined $_[0] },
    string => \&is_string,
    number => sub { is_number($_[0]) || blessed $_[0] && $_[0]->isa('Math::BigFloat') },
    integer => sub { is_number($_[0]) && $_[0] == int $_[0] },
    boolean => \&is_boolean,
    object => sub { ref $_[0] eq 'HASH' },
    array => sub { ref $_[0] eq 'ARRAY' });

sub show { return JSON::PP->new->allow_nonref->allow_blessed->encode($_[0]) }

sub check_type
{
    my ($self, $value, $schema, $at) = @_;
    my @types = ref $schema->{type} ? @{ $schema->{type} } : $schema->{type};

    return if grep { $IS{$_}->($value) } @types;
    return "$at: " . show($value) . " is not @types";
}

sub check_enum
{
    my ($self, $value, $schema, $at) = @_;

    return if grep { show($_) eq show($value) } @{ $schema->{enum} };
    return "$at: " . show($value) . ' is not one of ' . show($schema->{enum});
}

sub check_properties
{
    my ($self, $value, $schema, $at) = @_;

    return unless ref $value eq 'HASH';
    return map { $self->check($value->{$_}, $schema->{properties}{$_}, "$at.$_") }
      grep { exists $value->{$_} } sort keys %{ $schema->{properties} };
}

sub check_required
{
    my ($self, $value, $schema, $at) = @_;

    return unless ref $value eq 'HASH';
    return map { "$at: $_ is missing" } grep { !exists $value->{$_} } @{ $schema->{required} };
}

sub check_additional
{
    my ($self, $value, $schema, $at) = @_;

    croak "$at: additionalProperties can be false only" if $schema->{additionalProperties};
    return unless ref $value eq 'HASH';
    return map { "$at: $_ is not described" } grep { !exists $schema->{properties}{$_} } sort keys %{$value};
}

sub check_items
{
    my ($self, $value, $schema, $at) = @_;

    return unless ref $value eq 'ARRAY';
    return map { $self->check($value->[$_], $schema->{items}, "$at\[$_]") } 0 .. $#{$value};
}

sub check_prefix_items
{
    my ($self, $value, $schema, $at) = @_;

    return unless ref $value eq 'ARRAY';
    return map { $self->check($value->[$_], $schema->{prefixItems}[$_], "$at\[$_]") }
      grep { $_ <= $#{$value} } 0 .. $#{ $schema->{prefixItems} };
}

sub check_format
{
    my ($self, $value, $schema, $at) = @_;
    my $pattern = $FORMAT{ $schema->{format} } // croak "$at: the format $schema->{format} is not known";

    return if !is_string($value) || $value =~ $pattern;
    return "$at: '$value' is no $schema->{format}";
}

sub check_one_of
{
    my ($self, $value, $schema, $at) = @_;
    my @results = map { [ $self->check($value, $_, $at) ] } @{ $schema->{oneOf} };
    my $fitting = grep { !@{$_} } @results;

    return if $fitting == 1;
    return "$at: fits $fitting of the alternatives: " . join '; ', map { @{$_} } @results;
}

1;
