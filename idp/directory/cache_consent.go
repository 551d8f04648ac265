// SPDX-License-Identifier: AGPL-3.0-or-later

package directory

import (
	"context"
	"errors"
	"strings"
)

// decision is a person and a service, as the key of a shelf.
type decision string

// Neither identifier holds the separator: no directory would keep it.
func about(person PersonID, service ServiceID) decision {
	return decision(string(person) + "\x00" + string(service))
}

// decided is a consent, or the knowledge that there is none.
type decided struct {
	consent Consent
	none    error // wraps ErrNotFound
}

func decidedOn(ctx context.Context, b Backend, key decision) (decided, error) {
	person, service, _ := strings.Cut(string(key), "\x00")
	c, err := b.Consent(ctx, PersonID(person), ServiceID(service))
	if errors.Is(err, ErrNotFound) {
		return decided{none: err}, nil
	}
	return decided{consent: c}, err
}

// Consent is [Consents].Consent.
func (c *Cache) Consent(ctx context.Context, person PersonID, service ServiceID) (Consent, error) {
	d, err := c.consents.get(ctx, about(person, service))
	if err != nil {
		return Consent{}, err
	}
	return d.consent, d.none
}

// PutConsent is [Consents].PutConsent.
func (c *Cache) PutConsent(ctx context.Context, sector string, consent Consent) error {
	defer c.consents.forget(about(consent.Person, consent.Service))
	return c.Backend.PutConsent(ctx, sector, consent)
}

// StopConsent is [Consents].StopConsent.
func (c *Cache) StopConsent(ctx context.Context, by Actor, person PersonID, service ServiceID) error {
	defer c.consents.forget(about(person, service))
	return c.Backend.StopConsent(ctx, by, person, service)
}
