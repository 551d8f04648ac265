// SPDX-License-Identifier: AGPL-3.0-or-later

package metadata

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"iter"
	"log/slog"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"commonscloud.coop/clau/idp/audit"
	"commonscloud.coop/clau/idp/directory"
	"commonscloud.coop/clau/idp/store"
	"commonscloud.coop/clau/idp/store/bolt"
)

// shelf keeps services as a directory does.
type shelf struct {
	mu       sync.Mutex
	services map[directory.ServiceID]directory.Service
	writes   int
	fails    error
}

func (s *shelf) Service(_ context.Context, id directory.ServiceID) (directory.Service, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	found, there := s.services[id]
	switch {
	case !there:
		return found, directory.ErrNotFound
	case errors.Is(s.fails, directory.ErrUnavailable):
		return found, s.fails
	}
	return found, nil
}

func (s *shelf) ListServices(context.Context, directory.ServiceFilter) iter.Seq2[directory.Service, error] {
	return func(yield func(directory.Service, error) bool) {
		s.mu.Lock()
		all := slices.Collect(maps.Values(s.services))
		s.mu.Unlock()
		for _, service := range all {
			if !yield(service, nil) {
				return
			}
		}
	}
}

func (s *shelf) ReplaceService(_ context.Context, by directory.Actor, service directory.Service) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case s.fails != nil:
		return s.fails
	case !by.IsSystem():
		return directory.ErrRefused
	case service.Version != s.services[service.ID].Version:
		return directory.ErrConflict
	}
	s.writes++
	service.Version = fmt.Sprint(s.writes)
	s.services[service.ID] = service
	return nil
}

// town is a node with services that come from a federation.
type town struct {
	*federation
	t         *testing.T
	shelf     *shelf
	store     store.Store
	record    *audit.Memory
	logs      *strings.Builder
	logger    *slog.Logger
	refresher *Refresher
	source    Source
}

func newTown(t *testing.T) *town {
	t.Helper()
	w := &town{
		federation: newFederation(t), t: t, record: new(audit.Memory), logs: new(strings.Builder),
		shelf: &shelf{services: map[directory.ServiceID]directory.Service{}},
	}
	file, err := bolt.Open(bolt.Config{Path: filepath.Join(t.TempDir(), "state"), Now: w.clock.Now})
	must(t, err)
	t.Cleanup(func() { file.Close() })
	w.store = file
	w.logger = slog.New(slog.NewTextHandler(w.logs, nil))
	w.refresher = w.node()
	w.source = Source{URL: w.URL + "/all", Keys: pinned(keysOf(t).fed)}
	return w
}

// node is one more of the same town.
func (w *town) node() *Refresher {
	return NewRefresher(RefresherConfig{
		Services: w.shelf, Fetcher: w.fetcher, Store: w.store, Audit: w.record, Now: w.clock.Now, Rand: rand.Reader,
		Logger: w.logger,
	})
}

// federates publishes entities, signed, good for two weeks from now.
func (w *town) federates(entities ...sp) {
	w.t.Helper()
	var texts []string
	for _, e := range entities {
		texts = append(texts, e.text())
	}
	document := aggregate(until(w.clock.Now().AddDate(0, 0, 14))+` cacheDuration="PT6H"`, texts...)
	w.publish("/all", signed(w.t, document, keysOf(w.t).fed))
}

// registers a service from the federation's document as it is now.
func (w *town) registers(entityID string) directory.ServiceID {
	w.t.Helper()
	s := w.source
	s.EntityID = entityID
	c, err := w.fetcher.Fetch(w.t.Context(), s)
	must(w.t, err)
	record := s.Record(c, w.clock.Now())
	return w.keeps(record)
}

func (w *town) keeps(record directory.SAMLProvider) directory.ServiceID {
	id := directory.ServiceID(fmt.Sprintf("service-%d", len(w.shelf.services)))
	w.shelf.services[id] = directory.Service{ID: id, Name: directory.ServiceName(id), Collective: "coop", Version: "0", SAML: &record}
	return id
}

// hours passes time, with a look at what is due every so often.
func (w *town) hours(n int) { w.passes(time.Duration(n)*time.Hour, 20*time.Minute) }
func (w *town) days(n int)  { w.passes(time.Duration(n)*24*time.Hour, 2*time.Hour) }

func (w *town) passes(total, step time.Duration) {
	for range total / step {
		w.clock.Advance(step)
		w.refresher.Round(w.t.Context())
	}
}

func (w *town) provider(id directory.ServiceID) Provider {
	w.t.Helper()
	p, err := Parse(w.shelf.services[id].SAML.Metadata, time.Time{}, Options{})
	must(w.t, err)
	return p
}

func (w *town) use(id directory.ServiceID) error {
	_, err := NewBook(BookConfig{Now: w.clock.Now}).Provider(w.shelf.services[id])
	return err
}

func (w *town) settings(id directory.ServiceID) directory.SAMLSettings {
	return w.shelf.services[id].SAML.Settings
}
