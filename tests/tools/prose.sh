#!/bin/bash
# SPDX-License-Identifier: MIT
#
# prose.sh [-v] - checks the sentences of comments, string literals, the manual page and README.md, as
# TAP: at most LIMIT per cent may begin with a relative clause or a fronted preposition, or use a word
# in place of the field's own term. -v lists each of these as "file:line: [word] sentence". Comments of
# the tests, the scripts and the Makefile are counted, but not judged.
#
# Settings, from the environment:
#   LIMIT   per cent (default: 1)
set -u
cd "$(dirname "$0")/../.." || exit 1
LIMIT=${LIMIT:-1}
export LIMIT

exec perl - "$@" <<'EOP'
use strict;
use warnings;

my $verbose = @ARGV && $ARGV[0] eq '-v';
# A question may begin with any of these, and a fragment that labels a field with "of" or "where".
my $first = qr{^((?i:what|who|whose|one that)|Where|Of|Without|Those)\b(?!.*\?$)};
my $word = qr/\b(tells?|told|telling|says?|said|saying|lies?|stands?(?! for\b|-)|stood|is none|are none|anew|besides)\b/i;
my (%all, %bad);

# Counts the sentences of one paragraph, which begins at that line.
sub paragraph {
	my ($room, $file, $line, $text) = @_;
	for my $sentence (split /(?:(?<=[.!?])|(?<=[.!?][)"']))(?=\s+[A-Z0-9%("'])/, $text) {
		my ($before) = $sentence =~ /^(\s*)/;
		my $at = $line + ($before =~ tr,\n,,);
		$line += ($sentence =~ tr,\n,,);
		$sentence =~ s/\s+/ /g;
		$sentence =~ s/^ | $//g;
		next if $sentence !~ /[A-Za-z]{2}.* .*[A-Za-z]{2}/;
		$all{$room}++;
		next if $sentence !~ $first && $sentence !~ $word;
		my $found = $1;
		$bad{$room}++;
		print "$file:$at: [$found] $sentence\n" if $verbose;
	}
}

# Counts the sentences of a text, whose paragraphs are separated by blank lines.
sub text {
	my ($room, $file, $line, $text) = @_;
	for my $part (split /(\n[ \t]*\n)/, $text) {
		my $body = $part;
		$body =~ s/^\s*[\w.\/]+ - //;
		paragraph($room, $file, $line, $body);
		$line += ($part =~ tr/\n//);
	}
}

sub slurp {
	my ($file) = @_;
	local $/;
	open my $in, '<', $file or die "$file: $!\n";
	return <$in>;
}

sub c_file {
	my ($room, $file, $strings) = @_;
	my $code = slurp($file);
	my $literal = qr/"(?:\\.|[^"\\\n])*"/;
	$code =~ s/^(#include.*)$/' ' x length $1/gem;
	while ($code =~ m{/\*(.*?)\*/|//([^\n]*)|($literal(?:\s*$literal)*)|'(?:\\.|[^'\\\n])+'}gs) {
		my ($block, $rest, $literals) = ($1, $2, $3);
		my $line = 1 + (substr($code, 0, $-[0]) =~ tr/\n//);
		my $body = $block // $rest;
		if (defined $body) {
			next if $body =~ /SPDX-License|clang-format o/;
			$body =~ s/^[ \t]*\*+ ?//gm;
			text("$room, comments", $file, $line, $body);
		} elsif (defined $literals && $strings) {
			$literals =~ s/"\s*"//g;
			$literals =~ s/^"|"$//g;
			paragraph("$room, strings", $file, $line, $_) for split /\\n/, $literals;
		}
	}
}

for my $file (glob('{device,core,ui}/*.[ch] {device,core,ui}/*/*.[ch]')) {
	my ($room) = $file =~ m{(.*)/};
	c_file($room, $file, 1);
}
my $man = slurp('assets/man/boardstrap.1');
$man =~ s/^\.\\".*$//gm;
$man =~ s/^\.(?:BR?|BI|IR?|RB|RI|IB) //gm;	# these hold words of the text
$man =~ s/^\..*$//gm;
$man =~ s/\\f.|\\&//g;
$man =~ s/\\-/-/g;
text('manual page', 'assets/man/boardstrap.1', 1, $man);
my $readme = slurp('README.md');
$readme =~ s/^(```.*?^```)/"\n" x ($1 =~ tr,\n,,)/gems;
$readme =~ s/^(?:#.*|[|! <].*)$//gm;
$readme =~ s/^(?=[-*] )/\n/gm and $readme =~ s/^[-*] //gm;
text('README', 'README.md', 1, $readme);
c_file('tests', $_, 0) for glob('tests/*/*.[ch]');
for my $file (glob('Makefile tests/*/*.sh tests/*/*/*.sh tests/vm/{board,guest}-*')) {
	my $code = slurp($file);
	while ($code =~ /((?:^[ \t]*#(?: .*)?\n)+)/gm) {
		my ($line, $body) = (1 + (substr($code, 0, $-[0]) =~ tr/\n//), $1);
		$body =~ s/^[ \t]*# ?(?:SPDX-|shellcheck ).*$|^[ \t]*# ?//gm;
		text('tests, scripts', $file, $line, $body);
	}
}

my %total = (all => 0, bad => 0);
for my $room (sort keys %all) {
	my $count = $bad{$room} // 0;
	printf "# %-28s %4d of %4d sentences, %4.1f %%%s\n", $room, $count, $all{$room},
		100 * $count / $all{$room}, $room =~ /^tests/ ? ' (not judged)' : '';
	next if $room =~ /^tests/;
	$total{all} += $all{$room};
	$total{bad} += $count;
}
my $share = 100 * $total{bad} / $total{all};
my $good = $share <= $ENV{LIMIT};
printf "%s 1 - %d of %d sentences break the rules, %.1f %%; the limit is %s %%\n1..1\n",
	$good ? 'ok' : 'not ok', $total{bad}, $total{all}, $share, $ENV{LIMIT};
exit !$good;
EOP
