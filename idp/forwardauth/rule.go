// SPDX-License-Identifier: AGPL-3.0-or-later

package forwardauth

import (
	"errors"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"commonscloud.coop/clau/idp/directory"
	"commonscloud.coop/clau/idp/release"
	"commonscloud.coop/clau/idp/signon"
)

var (
	errPath = errors.New("forwardauth: a path that can be read in more than one way")
	errRule = errors.New("forwardauth: a rule keeps the person out")
)

// rule finds the rule of a path: the one with the longest prefix. Without one,
// everybody to whom the service is open may go there.
//
// The application may be of those that do not tell upper from lower case: where
// the rule would be another one then, nobody goes there.
func (a application) rule(path string) (directory.ForwardRule, error) {
	if len(a.Rules) == 0 {
		return directory.ForwardRule{}, nil
	}
	if !canonical(path) {
		return directory.ForwardRule{}, errPath
	}
	path = plain(path)
	if !utf8.ValidString(path) {
		return directory.ForwardRule{}, errPath
	}
	exact, folded := -1, -1
	for i, r := range a.Rules {
		prefix := plain(r.Prefix)
		if longer(a.Rules, folded, i) && below(fold(path), fold(prefix)) {
			folded = i
		}
		if longer(a.Rules, exact, i) && below(path, prefix) {
			exact = i
		}
	}
	if exact != folded {
		return directory.ForwardRule{}, errPath
	}
	if exact < 0 {
		return directory.ForwardRule{}, nil
	}
	return a.Rules[exact], nil
}

// plain is a path without what had to be encoded in it, as people write rules.
func plain(path string) string {
	if decoded, err := url.PathUnescape(path); err == nil {
		return decoded
	}
	return path
}

// fold makes one of all spellings that differ by case: some letters have a
// single capital for two small ones.
func fold(s string) string { return strings.ToLower(strings.ToUpper(s)) }

// longer reports whether rule i would rule before the one found. Of two with one
// prefix the first does.
func longer(rules []directory.ForwardRule, found, i int) bool {
	return found < 0 || len(bare(plain(rules[i].Prefix))) > len(bare(plain(rules[found].Prefix)))
}

// below reports whether a path is the prefix or lies below it: /admin rules
// /admin/users, and not /administration.
func below(path, prefix string) bool {
	rest, ok := strings.CutPrefix(path, bare(prefix))
	return ok && (rest == "" || rest[0] == '/')
}

func bare(prefix string) string { return strings.TrimRight(prefix, "/") }

// canonical reports whether all programs read a path alike (RFC 3986 sections
// 2.3 and 6.2.2). Dot segments, empty ones, parameters behind a semicolon, what
// is no character of a path, ends that Windows forgets, and characters that are
// encoded without need or that would be something else when decoded: each is how
// a rule was walked around somewhere.
func canonical(path string) bool {
	if !strings.HasPrefix(path, "/") || strings.Contains(path, "//") {
		return false
	}
	for segment := range strings.SplitSeq(path, "/") {
		if forgotten(segment) {
			return false
		}
	}
	for i := 0; i < len(path); i++ {
		switch c := path[i]; {
		case c == '%' && !needed(path[i:]):
			return false
		case c != '%' && c != '/' && !pathChar(c):
			return false
		}
	}
	return true
}

// forgotten reports whether some file system reads a segment without its end: a
// dot or a space there, or the name of a stream behind a colon.
func forgotten(segment string) bool {
	return strings.HasSuffix(segment, ".") || strings.HasSuffix(segment, "%20") || strings.Contains(plain(segment), ":$")
}

// pathChar reports whether a character stands in paths as it is: a pchar of RFC
// 3986 section 3.3, save the semicolon, behind which some read parameters.
func pathChar(c byte) bool {
	return alphanumeric(c) || strings.IndexByte("-._~!$&'()*+,=:@", c) >= 0
}

func alphanumeric(c byte) bool {
	return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9'
}

// needed reports whether an encoded character has to be: a space, what is not
// ASCII, and the harmless rest.
func needed(escape string) bool {
	if len(escape) < 3 {
		return false
	}
	n, err := strconv.ParseUint(escape[1:3], 16, 8)
	if err != nil {
		return false
	}
	c := byte(n)
	switch {
	case c >= 0x80:
		return true
	case c < ' ' || c == 0x7f || alphanumeric(c):
		return false
	}
	return !strings.ContainsRune(`-._~/\;%?#`, rune(c))
}

// allows reports whether a rule lets somebody in who may enter the service.
func allows(r directory.ForwardRule, who signon.Admission) bool {
	if r.Open || len(r.Collectives) == 0 && len(r.Groups) == 0 {
		return true
	}
	if slices.ContainsFunc(r.Collectives, who.Standing.MemberOf) {
		return true
	}
	in := groups(who)
	return slices.ContainsFunc(r.Groups, func(group string) bool { return slices.Contains(in, group) })
}

// groups are all that the person is in as far as it concerns the service, told
// or not: the rule is Clau's to hold, and the application learns of it no more
// than that somebody came through.
func groups(who signon.Admission) []string {
	var all []directory.CollectiveName
	for _, m := range who.Standing.Memberships {
		all = append(all, m.Collective)
	}
	for _, a := range who.Standing.Access {
		all = append(all, a.Collective)
	}
	need := release.Need{release.Groups}
	return release.GroupList(release.Decide(need, release.Facts{
		Person: who.Person, Standing: who.Standing, Service: who.Service,
		Terms: release.Terms{Allowed: need, Groups: all},
	}))
}
