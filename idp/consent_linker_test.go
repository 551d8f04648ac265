// SPDX-License-Identifier: AGPL-3.0-or-later

package idp_test

import (
	"cmp"
	"crypto/sha256"
	"encoding/base32"
	"encoding/base64"
	"encoding/hex"
	"maps"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
)

// record is what a service knows of one of its people, by kind.
type record map[string]string

// ledger is what a service has: a record of each of its people in the order in
// which they came. Whose they are only the test knows.
type ledger struct {
	records []record
	people  []int
}

// linker looks for the people of one ledger in another, and says for each where
// it believes they are; -1: it has no idea.
type linker func(a, b ledger, chance *rand.Rand) []int

// linkers are what services can try that lay side by side all that Clau gave them.
var linkers = map[string]linker{
	"equal values":        voting(values),
	"common substrings":   voting(substrings),
	"words and numbers":   voting(words),
	"hashes of values":    hashing,
	"order of coming":     func(a, _ ledger, _ *rand.Rand) []int { return upTo(len(a.records)) },
	"order of subjects":   sorting("sub"),
	"order of handles":    sorting("preferred_username"),
	"order of addresses":  sorting("email"),
	"order of sessions":   sorting("sid"),
	"length of the names": voting(lengths),
}

// suspicious is a share of right guesses that chance does not explain: more
// than five deviations from one in as many as there are people.
func suspicious(right, guesses, people int) bool {
	expected := float64(guesses) / float64(people)
	return float64(right) > expected+5*math.Sqrt(expected)+5
}

// linked counts how often a linker is right about the ledgers, each laid beside
// the next.
func linked(l linker, ledgers []ledger, chance *rand.Rand) (right, guesses int) {
	for i, a := range ledgers {
		b := ledgers[(i+1)%len(ledgers)]
		for at, guess := range l(a, b, chance) {
			if guess < 0 {
				continue
			}
			guesses++
			if a.people[at] == b.people[guess] {
				right++
			}
		}
	}
	return right, guesses
}

// voting takes the one for whom the most speaks: each feature that two records
// share and that not everybody has.
func voting(features func(record) map[string]bool) linker {
	return func(a, b ledger, chance *rand.Rand) []int {
		index := map[string][]int{}
		for i, r := range b.records {
			for f := range features(r) {
				index[f] = append(index[f], i)
			}
		}
		out := make([]int, len(a.records))
		for i, r := range a.records {
			votes := map[int]float64{}
			for f := range features(r) {
				if who := index[f]; len(who) <= len(b.records)/4 {
					for _, at := range who {
						votes[at] += 1 / float64(len(who))
					}
				}
			}
			out[i] = elected(votes, chance)
		}
		return out
	}
}

// elected is who has the most votes, by lot among equals.
func elected(votes map[int]float64, chance *rand.Rand) int {
	best, most := []int{-1}, 0.0
	for _, at := range slices.Sorted(maps.Keys(votes)) {
		switch n := votes[at]; {
		case n > most:
			best, most = []int{at}, n
		case n == most:
			best = append(best, at)
		}
	}
	return best[chance.IntN(len(best))]
}

func values(r record) map[string]bool {
	out := map[string]bool{}
	for _, v := range r {
		out[v] = true
	}
	return out
}

func substrings(r record) map[string]bool {
	const size = 6
	out := map[string]bool{}
	for _, v := range r {
		for i := range max(0, len(v)-size+1) {
			out[v[i:i+size]] = true
		}
	}
	return out
}

func words(r record) map[string]bool {
	out := map[string]bool{}
	for _, v := range r {
		for _, word := range strings.FieldsFunc(strings.ToLower(v), func(c rune) bool { return strings.ContainsRune(" -._@", c) }) {
			out[word] = true
		}
	}
	return out
}

func lengths(r record) map[string]bool {
	return map[string]bool{strings.Repeat(".", len(r["preferred_username"])) + strings.Repeat("-", len(r["name"])): true}
}

// hashing looks for what is computed from one service's values among another's.
func hashing(a, b ledger, chance *rand.Rand) []int {
	const size = 12
	computed := func(r record) map[string]bool {
		out := map[string]bool{}
		for _, v := range r {
			sum := sha256.Sum256([]byte(v))
			for _, text := range []string{hex.EncodeToString(sum[:]), base64.RawURLEncoding.EncodeToString(sum[:]),
				strings.ToLower(base32.StdEncoding.EncodeToString(sum[:])), backwards(v)} {
				out[text[:min(size, len(text))]] = true
			}
		}
		return out
	}
	index := map[string][]int{}
	for i, r := range b.records {
		for _, v := range r {
			index[v[:min(size, len(v))]] = append(index[v[:min(size, len(v))]], i)
		}
	}
	out := make([]int, len(a.records))
	for i, r := range a.records {
		votes := map[int]float64{}
		for f := range computed(r) {
			for _, at := range index[f] {
				votes[at]++
			}
		}
		out[i] = elected(votes, chance)
	}
	return out
}

func backwards(s string) string {
	b := []byte(s)
	slices.Reverse(b)
	return string(b)
}

// sorting believes that whoever stands at a place of one sorted list stands
// there in the other too.
func sorting(kind string) linker {
	return func(a, b ledger, _ *rand.Rand) []int {
		there := sorted(b, kind)
		out := make([]int, len(a.records))
		for place, at := range sorted(a, kind) {
			out[at] = there[place*len(there)/len(a.records)]
		}
		return out
	}
}

func sorted(l ledger, kind string) []int {
	order := upTo(len(l.records))
	slices.SortStableFunc(order, func(x, y int) int { return cmp.Compare(l.records[x][kind], l.records[y][kind]) })
	return order
}

func upTo(n int) []int {
	out := make([]int, n)
	for i := range out {
		out[i] = i
	}
	return out
}

// TestTheLinkerFindsWhatThereIs: it is to find nothing at Clau's services, so it
// must be one that finds something where there is something to be found.
func TestTheLinkerFindsWhatThereIs(t *testing.T) {
	chance := rand.New(rand.NewPCG(1, 2))
	const people = 200
	name := func() string {
		return base64.RawURLEncoding.EncodeToString(binaryOf(chance.Uint64(), chance.Uint64(), chance.Uint64()))
	}
	for what, give := range map[string]struct {
		by string
		of func(person string) (here, there record)
	}{
		"a common address": {"equal values", func(p string) (record, record) {
			return record{"sub": name(), "email": p}, record{"sub": name(), "email": p}
		}},
		"an address within a name": {"common substrings", func(p string) (record, record) {
			return record{"sub": name() + p}, record{"sub": name(), "email": p + "@x"}
		}},
		"a hash": {"hashes of values", func(p string) (record, record) {
			sum := sha256.Sum256([]byte(p))
			return record{"sub": p}, record{"sub": hex.EncodeToString(sum[:])}
		}},
		"the order of identifiers": {"order of subjects", func(p string) (record, record) {
			return record{"sub": p + name()}, record{"sub": p + name()}
		}},
	} {
		var a, b ledger
		for i := range people {
			here, there := give.of(name())
			a.records, b.records = append(a.records, here), append(b.records, there)
			a.people, b.people = append(a.people, i), append(b.people, i)
		}
		right, guesses := linked(linkers[give.by], []ledger{a, b}, chance)
		if what == "a hash" { // one way only
			right *= 2
		}
		if right < 2*people*9/10 {
			t.Errorf("%s: %d of %d guesses are right", what, right, guesses)
		}
	}
}

func binaryOf(words ...uint64) []byte {
	var out []byte
	for _, w := range words {
		for range 8 {
			out, w = append(out, byte(w)), w>>8
		}
	}
	return out
}
