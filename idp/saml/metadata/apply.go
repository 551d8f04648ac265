// SPDX-License-Identifier: AGPL-3.0-or-later

package metadata

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"reflect"
	"time"

	"commonscloud.coop/clau/idp/audit"
	"commonscloud.coop/clau/idp/directory"
)

// apply puts a new copy into a service's record. What is wrong with one service's
// part is told and keeps nobody else's away; only what the directory did not take
// is an error, because then the document has to come once more.
func (r *Refresher) apply(ctx context.Context, listed directory.Service, found chosen) error {
	logger := r.c.Logger.With("service", listed.Name)
	fresh, there := found.copies[listed.SAML.EntityID]
	if !there {
		logger.Warn("metadata of a service was not refreshed; the last good copy stays",
			"cause", found.missing[listed.SAML.EntityID])
		return nil
	}
	s, err := r.c.Services.Service(ctx, listed.ID)
	if errors.Is(err, directory.ErrNotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	if !sameSource(s, listed) || bytes.Equal(s.SAML.Metadata, fresh.Metadata) {
		return nil
	}
	renewed, differs, err := renewed(s, fresh, r.options(), r.c.Now())
	if err != nil {
		logger.Warn("metadata of a service was not refreshed; the last good copy stays", "cause", err)
		return nil
	}
	err = r.c.Services.ReplaceService(ctx, directory.System(), renewed)
	if errors.Is(err, directory.ErrNotFound) {
		return nil
	}
	if err != nil { // also a conflict: an admin was at it, and that is not undone
		return err
	}
	r.tell(ctx, s, differs)
	return nil
}

func (r *Refresher) options() Options { return Options{Loopback: r.c.Fetcher.c.Loopback} }

// sameSource reports whether the record still says what the document was got for.
func sameSource(s, listed directory.Service) bool {
	if s.SAML == nil || s.SAML.EntityID != listed.SAML.EntityID {
		return false
	}
	now, fetched := SourceOf(*s.SAML)
	then, _ := SourceOf(*listed.SAML)
	return fetched && now.id() == then.id()
}

// renewed is the service with a new copy, and what is different in it. The
// entity stays the same, and nothing that was demanded of requests is lifted.
func renewed(s directory.Service, fresh Copy, o Options, at time.Time) (directory.Service, difference, error) {
	if fresh.Provider.EntityID != s.SAML.EntityID {
		return s, difference{}, ErrEntity
	}
	old, err := Parse(s.SAML.Metadata, time.Time{}, o)
	if err != nil {
		old = Provider{} // written by another version: everything is news
	}
	record := *s.SAML
	record.Metadata = fresh.Metadata
	record.Settings.Fetched = at
	if old.AuthnRequestsSigned && !fresh.Provider.AuthnRequestsSigned {
		record.Settings.RequireSigned = true
	}
	if record.Settings.RequireSigned && len(fresh.Provider.SigningKeys) == 0 {
		return s, difference{}, fmt.Errorf("%w: its requests must be signed, and it names no key any more", ErrFaulty)
	}
	s.SAML = &record
	return s, compare(&old, &fresh.Provider), nil
}

// difference is what admins should know of a change.
type difference struct {
	any, endpoints, keys, unsigned bool
}

func compare(old, fresh *Provider) difference {
	d := difference{
		endpoints: !reflect.DeepEqual(old.ACS, fresh.ACS) || !reflect.DeepEqual(old.SLO, fresh.SLO),
		keys: !reflect.DeepEqual(old.SigningKeys, fresh.SigningKeys) ||
			!reflect.DeepEqual(old.EncryptionKeys, fresh.EncryptionKeys),
		unsigned: old.AuthnRequestsSigned && !fresh.AuthnRequestsSigned,
	}
	a, b := *old, *fresh
	a.ValidUntil, b.ValidUntil = time.Time{}, time.Time{}
	a.CacheDuration, b.CacheDuration = 0, 0
	d.any = !reflect.DeepEqual(a, b)
	return d
}

// tell records a change. A new end alone is none: federations write one daily.
func (r *Refresher) tell(ctx context.Context, s directory.Service, d difference) {
	if !d.any {
		return
	}
	r.c.Logger.Info("metadata of a service changed", "service", s.Name,
		"endpoints_changed", d.endpoints, "keys_changed", d.keys)
	if d.unsigned {
		r.c.Logger.Warn("the metadata of a service no longer says that its requests are signed; they must be, until an admin lifts it",
			"service", s.Name)
	}
	r.c.Audit.Write(ctx, audit.Event{
		Kind: audit.ServiceChanged, Actor: audit.System, Service: s.ID, Collective: s.Collective, Reason: "metadata",
	})
}
