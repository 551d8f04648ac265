# SPDX-License-Identifier: AGPL-3.0-or-later
#
# Reads `go test -v`: shows what a package printed only if it failed, its
# closing line always, and at the end every skipped test by name with its
# reason. With strict set, a skipped test is a failure.

/^=== (RUN|CONT|NAME) / { current = $3; next }
/^=== / { next }

# Faults of the compiler come before any package's own lines.
/^# / || /^[^ \t]+\.go:[0-9]+:[0-9]+: / { print; next }

/^ok  \t/ || /^FAIL\t/ || /^\t[^ \t]+\t+coverage: / {
	if (/^FAIL\t/) {
		printf "%s", printed
		broken = 1
	}
	print
	fflush()
	printed = ""
	next
}
/^\?   \t/ { next }

/^--- PASS: / { passed++ }
/^--- FAIL: / { failed++ }

/^ *--- SKIP: / {
	skips[++skipped] = $3 ($3 in said ? ": " said[$3] : "")
}

/^ +[^ ]+\.go:[0-9]+: / {
	said[current] = $0
	sub(/^ +[^ ]+\.go:[0-9]+: /, "", said[current])
}

# Of a package that failed, what passed is of no interest.
!/^ *--- PASS: / { printed = printed $0 "\n" }

END {
	if (broken || printed !~ /^(PASS\n)?$/) printf "%s", printed
	for (i = 1; i <= skipped; i++) print "skipped: " skips[i]
	printf "%d passed, %d failed, %d skipped\n", passed, failed, skipped
	if (skipped && strict) {
		print "tests were skipped, and here none may be"
		exit 1
	}
	exit failed || broken
}
