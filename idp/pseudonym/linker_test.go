// SPDX-License-Identifier: AGPL-3.0-or-later

package pseudonym_test

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	"commonscloud.coop/clau/idp/pseudonym"
)

const people, sectors = 1_000, 20

// known is what a sector knows of each person, all of one kind.
type known [sectors][people]string

// comparing computes what twenty services that lay their lists side by side have.
func comparing() map[string]*known {
	subjects, handles, aliases := &known{}, &known{}, &known{}
	names := pseudonym.New(fixed(7))
	for s := range sectors {
		sector := fmt.Sprintf("service:%d", s)
		for p := range people {
			seed := seed(uint64(p))
			subjects[s][p] = names.Of(sector, seed, 0)
			handles[s][p] = names.Handle(sector, seed, 0, 0, "ca")
			aliases[s][p] = names.Alias(sector, seed, 0, "")
		}
	}
	return map[string]*known{"subject": subjects, "handle": handles, "alias": aliases}
}

func TestNobodyIsMetTwiceUnderOneName(t *testing.T) {
	where := map[string]int{}
	for kind, all := range comparing() {
		for s := range sectors {
			for p := range people {
				name, _, _ := strings.Cut(all[s][p], "@")
				if before, ok := where[name]; ok && (before == p || kind != "handle") {
					t.Errorf("%s %q of person %d is person %d's elsewhere", kind, name, p, before)
				}
				where[name] = p
			}
		}
	}
}

// Six characters of a hash agree by chance once in a billion comparisons; some
// half a billion are made here of what is one person's.
func TestPartsOfNamesJoinNobody(t *testing.T) {
	const run = 6
	all, joined := comparing(), 0
	for p := range people {
		where := map[string]string{}
		for s := range sectors {
			for _, kind := range []string{"subject", "alias"} {
				name, _, _ := strings.Cut(all[kind][s][p], "@")
				here := fmt.Sprint(kind, s)
				for i := range len(name) - run + 1 {
					part := name[i : i+run]
					if there, ok := where[part]; ok && there != here {
						joined++
					}
					where[part] = here
				}
			}
		}
	}
	if joined > 6 {
		t.Errorf("people's own names share %d parts", joined)
	}
}

// Handles are made of few words, so they share some. A linker who takes handles
// with a word in common for one person's is wrong as often as by guessing.
func TestWordsOfHandlesJoinNobody(t *testing.T) {
	handles, own, others := comparing()["handle"], 0, 0
	for a := range sectors {
		for b := range a {
			for p := range people {
				own += shared(handles[a][p], handles[b][p])
				others += shared(handles[a][p], handles[b][(p+a)%people])
			}
		}
	}
	pairs := people * sectors * (sectors - 1) / 2.0
	expected := pairs * (1/256.0 + 1/256.0 + 1/84.0)
	if !near(float64(own), expected) || !near(float64(others), expected) {
		t.Errorf("%d words in common with oneself, %d with others, %.0f would be chance", own, others, expected)
	}
}

// shared counts the places in which two handles have the same word or number.
func shared(a, b string) int {
	n := 0
	other := strings.Split(b, "-")
	for i, part := range strings.Split(a, "-") {
		if part == other[i] {
			n++
		}
	}
	return n
}

// Who comes first in a sorted list of one sector may come anywhere in another's;
// nor does the order in which people joined show.
func TestOrderJoinsNobody(t *testing.T) {
	for kind, all := range comparing() {
		joined := make([]int, people)
		for p := range people {
			joined[p] = p
		}
		orders := [][]int{joined}
		for s := range sectors {
			orders = append(orders, ranks(all[s][:]))
		}
		for a := range orders {
			for b := range a {
				if rho := spearman(orders[a], orders[b]); math.Abs(rho) > 5/math.Sqrt(people-1) {
					t.Errorf("the order of %ss in lists %d and %d correlates: %.3f", kind, b, a, rho)
				}
			}
		}
	}
}

// ranks returns the place of each person in the sorted list of their names.
func ranks(names []string) []int {
	sorted := make([]int, len(names))
	for p := range sorted {
		sorted[p] = p
	}
	slices.SortFunc(sorted, func(a, b int) int { return cmp.Or(strings.Compare(names[a], names[b]), a-b) })
	places := make([]int, len(names))
	for place, p := range sorted {
		places[p] = place
	}
	return places
}

// spearman is the rank correlation: 1 for the same order, and for orders that
// know nothing of each other about 0, with a deviation of 1/√(n-1).
func spearman(a, b []int) float64 {
	n, sum := float64(len(a)), 0.0
	for i := range a {
		d := float64(a[i] - b[i])
		sum += d * d
	}
	return 1 - 6*sum/(n*(n*n-1))
}

// The measure finds what it is to find.
func TestSpearmanSeesAnOrder(t *testing.T) {
	up := ranks([]string{"a", "b", "c", "d", "e"})
	down := ranks([]string{"e", "d", "c", "b", "a"})
	if got := spearman(up, up); got != 1 {
		t.Errorf("the same order: %v", got)
	}
	if got := spearman(up, down); got != -1 {
		t.Errorf("the opposite order: %v", got)
	}
}

// A kind of name tells nothing about another of the same person and sector: an
// alias that a stranger learns is no way to the subject.
func TestKindsOfNamesHaveNothingInCommon(t *testing.T) {
	all := comparing()
	for p := range people {
		subject, alias := all["subject"][0][p], all["alias"][0][p]
		for i := range 26 - 4 {
			if strings.Contains(subject, alias[i:i+5]) {
				t.Errorf("%s and %s share %q", subject, alias, alias[i:i+5])
			}
		}
	}
	for _, pair := range [][2]string{{"subject", "handle"}, {"subject", "alias"}, {"handle", "alias"}} {
		a, b := ranks(all[pair[0]][0][:]), ranks(all[pair[1]][0][:])
		if rho := spearman(a, b); math.Abs(rho) > 5/math.Sqrt(people-1) {
			t.Errorf("the order of %s and %s correlates: %.3f", pair[0], pair[1], rho)
		}
	}
}
