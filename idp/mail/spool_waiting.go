// SPDX-License-Identifier: AGPL-3.0-or-later

package mail

import (
	"encoding/base32"
	"encoding/json"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"

	"commonscloud.coop/clau/idp/directory"
	"commonscloud.coop/clau/idp/retention"
	"commonscloud.coop/clau/idp/store"
)

// spoolKey is the set of the places of all mails that wait.
const spoolKey = "mail:spool"

func mailKey(name string) string                   { return "mail:" + name }
func claimKey(name string) string                  { return "mail-claim:" + name }
func ofKey(person directory.PersonID) string       { return "mail-of:" + string(person) }
func (w waiting) deadline() time.Time              { return w.Message.At.Add(retention.Mail) }
func (w waiting) left(now time.Time) time.Duration { return max(time.Second, w.deadline().Sub(now)) }

// waiting is a mail as it is kept: sealed, for it holds an address and links.
type waiting struct {
	Message Message
	Tries   int
	Next    time.Time
}

// place is where a mail stands in the line. It is the member of the set, so
// that one read of the set says what is due, and nothing else of it.
type place struct {
	tries int
	due   int64 // Unix seconds
	name  string
}

func (w waiting) place() place { return place{w.Tries, w.Next.Unix(), w.Message.ID} }

func (p place) String() string {
	return strconv.Itoa(p.tries) + "." + strconv.FormatInt(p.due, 10) + "." + p.name
}

func parsePlace(member string) (place, bool) {
	tries, rest, _ := strings.Cut(member, ".")
	due, name, _ := strings.Cut(rest, ".")
	n, err := strconv.Atoi(tries)
	if err != nil {
		return place{}, false
	}
	at, err := strconv.ParseInt(due, 10, 64)
	return place{n, at, name}, err == nil && name != ""
}

// before puts new mails first: a line of those that some server does not take
// holds up nobody.
func (p place) before(q place) int {
	if p.tries != q.tries {
		return p.tries - q.tries
	}
	return int(p.due - q.due)
}

// enter gives a message its name, which is that of the mail for good: whoever
// gets it twice, after a node died, knows that it is the same.
func (s *Spool) enter(m Message) (waiting, error) {
	var random [15]byte
	if _, err := io.ReadFull(s.c.Rand, random[:]); err != nil {
		return waiting{}, fmt.Errorf("mail: no randomness: %w", err)
	}
	m.ID = strings.ToLower(base32.StdEncoding.EncodeToString(random[:]))
	m.At = s.c.Now()
	return waiting{Message: m, Next: m.At}, nil
}

func (w waiting) keep(sealed []byte) []store.Op {
	name := w.Message.ID
	ops := []store.Op{
		store.Put{Key: mailKey(name), Value: sealed, TTL: retention.Mail},
		store.Join{Key: spoolKey, Member: w.place().String(), TTL: retention.Mail},
	}
	if w.Message.Person != "" {
		ops = append(ops, store.Join{Key: ofKey(w.Message.Person), Member: name, TTL: retention.Mail})
	}
	return ops
}

// erase leaves nothing of a mail.
func (w waiting) erase(at place) []store.Op {
	ops := []store.Op{
		store.Delete{Key: mailKey(at.name)},
		store.Leave{Key: spoolKey, Member: at.String()},
	}
	if w.Message.Person != "" {
		ops = append(ops, store.Leave{Key: ofKey(w.Message.Person), Member: at.name})
	}
	return ops
}

func (s *Spool) seal(w waiting) ([]byte, error) {
	plain, err := json.Marshal(w)
	if err != nil || len(plain) > sizeMax {
		return nil, fmt.Errorf("%w: %d bytes", ErrInvalid, len(plain))
	}
	return s.c.Sealer.Seal(plain, mailKey(w.Message.ID))
}

func (s *Spool) open(sealed []byte, name string) (waiting, error) {
	plain, err := s.c.Sealer.Open(sealed, mailKey(name))
	if err != nil {
		return waiting{}, err
	}
	var w waiting
	err = json.Unmarshal(plain, &w)
	return w, err
}
