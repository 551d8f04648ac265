// SPDX-License-Identifier: AGPL-3.0-or-later

package embedded

import (
	"bufio"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"commonscloud.coop/clau/ldapbackend/embedded/model"
	"commonscloud.coop/clau/ldapbackend/embedded/tree"
	"commonscloud.coop/clau/ldapbackend/embedded/wire"
	"commonscloud.coop/clau/ldapbackend/schema"
)

// plant makes the entries that every Clau has, as far as they are missing: all
// of them in a file that is new, and in an older one those that a later Clau
// has learnt of.
func (s *Server) plant() error {
	ldif, err := schema.BaseEntries(s.Base)
	if err != nil {
		return fmt.Errorf("embedded: base entries: %w", err)
	}
	all, err := s.readAll(strings.NewReader(ldif))
	if err != nil {
		return err
	}
	var missing []*arrival
	err = s.store.View(func(r *tree.Read) error {
		for _, d := range all {
			if _, found := r.Find(d.dn.Path()); !found {
				missing = append(missing, d)
			}
		}
		return nil
	})
	if err != nil || len(missing) == 0 {
		return err
	}
	return s.keep(missing)
}

// Export writes everything as LDIF that slapadd loads, parents first, with the
// attributes that the server keeps. It holds password hashes and sealed keys:
// whoever can read it can try passwords.
func (s *Server) Export(w io.Writer) error {
	out := ldifWriter{bufio.NewWriter(w)}
	err := s.store.View(func(r *tree.Read) error {
		ids, _ := r.Subtree(s.base.Path(), 1<<31-1)
		for _, id := range ids {
			e, err := r.Entry(id)
			if err != nil || e == nil {
				return cmp.Or(err, tree.ErrCorrupt)
			}
			s.exportEntry(out, r, e)
		}
		return nil
	})
	return errors.Join(err, out.w.Flush())
}

func (s *Server) exportEntry(out ldifWriter, r *tree.Read, e *model.Entry) {
	out.pair("dn", e.DN)
	for _, v := range e.Values {
		for _, value := range v.All {
			out.pair(v.Attribute.Name, value)
		}
	}
	for _, m := range r.Members(e.ID) {
		out.pair(s.types.member.Name, m)
	}
	_ = out.w.WriteByte('\n')
}

// Import loads LDIF as slapcat or [Server.Export] writes it, all of it or
// nothing. An entry that is there already is replaced. Passwords in clear are
// hashed, which takes its time.
func (s *Server) Import(r io.Reader) error {
	arrivals, err := s.readAll(r)
	if err != nil {
		return err
	}
	return s.keep(arrivals)
}

func (s *Server) keep(arrivals []*arrival) error {
	// Parents first, however the file is sorted.
	slices.SortStableFunc(arrivals, func(a, b *arrival) int { return cmp.Compare(len(a.dn), len(b.dn)) })
	return s.store.Write(context.Background(), func(w *tree.Write) error {
		for _, d := range arrivals {
			if err := s.load(w, d); err != nil {
				return fmt.Errorf("embedded: import %q: %w", d.dn.String(), err)
			}
		}
		return nil
	})
}

// arrival is an entry that was read and not yet stored.
type arrival struct {
	dn      model.DN
	entry   *model.Entry
	members []string
}

func (s *Server) readAll(r io.Reader) ([]*arrival, error) {
	var all []*arrival
	for l := newLDIFReader(r); ; {
		name, attributes, err := l.next()
		if errors.Is(err, io.EOF) {
			return all, nil
		}
		if err != nil {
			return nil, err
		}
		d, err := s.newArrival(name, attributes)
		if err != nil {
			return nil, fmt.Errorf("embedded: import %q: %w", name, err)
		}
		all = append(all, d)
	}
}

func (s *Server) newArrival(name string, attributes []wire.Attribute) (*arrival, error) {
	dn, err := s.schema.ParseDN(name)
	if err != nil {
		return nil, err
	}
	if _, inside := s.store.Relative(dn.Path()); !inside {
		return nil, fmt.Errorf("outside of %q", s.Base)
	}
	d := &arrival{dn: dn, entry: &model.Entry{DN: dn.String(), Path: dn.Path()}}
	for _, given := range attributes {
		a := s.schema.Attribute(given.Name)
		if a == nil {
			return nil, fmt.Errorf("%s: attribute type undefined", given.Name)
		}
		if a == s.types.contextCSN || a == s.types.entryDN || a == s.types.hasSubordinates {
			continue // made anew
		}
		values, err := s.schema.CheckValues(a, given.Values)
		if err != nil {
			return nil, err
		}
		if a == s.types.password {
			if values, err = s.hashImported(values); err != nil {
				return nil, err
			}
		}
		d.entry.Set(a, values...)
	}
	d.members = d.entry.Get(s.types.member)
	d.entry.Set(s.types.member)
	return d, nil
}

func (s *Server) hashImported(values []string) ([]string, error) {
	for i, v := range values {
		if _, _, hashed := schemeOf(v); hashed {
			values[i] = trimHash(v)
			continue
		}
		h, err := s.hasher.hash(context.Background(), v)
		if err != nil {
			return nil, err
		}
		values[i] = h
	}
	return values, nil
}

func (s *Server) load(w *tree.Write, d *arrival) error {
	q := &request{Server: s, who: identity{dn: s.Base, norm: s.base.Norm()}}
	e := d.entry.Clone()
	if len(e.Path) > s.below {
		if _, ok := w.Find(e.Path[:len(e.Path)-1]); !ok {
			return errors.New("there is no entry above it")
		}
	}
	if err := q.fillIn(w, e); err != nil {
		return err
	}
	old, err := w.At(e.Path)
	if err != nil {
		return err
	}
	if old != nil {
		e.ID = old.ID
	}
	if err := s.checkEntry(&w.Read, e, d.dn[0], len(d.members) > 0); err != nil {
		return err
	}
	if old == nil {
		return w.Add(e, d.members)
	}
	return s.overwrite(w, old, e, d.members)
}

// fillIn adds the attributes that the server keeps where the file lacks them.
func (q *request) fillIn(w *tree.Write, e *model.Entry) error {
	made := e.Clone()
	if err := q.complete(w, made); err != nil {
		return err
	}
	for _, v := range made.Values {
		if e.Get(v.Attribute) == nil {
			e.Set(v.Attribute, v.All...)
		}
	}
	return nil
}

func (s *Server) overwrite(w *tree.Write, old, e *model.Entry, members []string) error {
	for _, m := range w.Members(old.ID) {
		if err := w.RemoveMember(old.ID, m); err != nil {
			return err
		}
	}
	for _, m := range members {
		if err := w.AddMember(old.ID, m); err != nil {
			return err
		}
	}
	return w.Replace(old, e)
}
