// SPDX-License-Identifier: AGPL-3.0-or-later

package embedded

import (
	"strings"

	"commonscloud.coop/clau/ldapbackend/embedded/wire"
)

// controls are the controls of a request, parsed.
type controls struct {
	assertion *wire.Filter
	paged     *wire.Paged
	sync      *wire.SyncRequest
	preRead   []string // nil: not asked for
	postRead  []string
	policy    bool
}

// parseControls refuses critical controls that it does not know, or that do not
// belong to the operation (RFC 4511 section 4.1.11).
func (q *request) parseControls() error {
	seen := map[string]bool{}
	for _, c := range q.sent {
		if seen[c.OID] {
			return wire.Errorf(wire.ProtocolError, "control %s specified twice", c.OID)
		}
		seen[c.OID] = true
		if !applies(c.OID, q.op) {
			if c.Critical {
				return wire.Errorf(wire.UnavailableCritical, "critical extension is not recognized")
			}
			continue
		}
		if err := q.parseControl(c); err != nil {
			return err
		}
	}
	return nil
}

func applies(oid string, op any) bool {
	_, search := op.(wire.Search)
	_, bind := op.(wire.Bind)
	_, extended := op.(wire.Extended)
	switch oid {
	case wire.OIDManageDsaIT, wire.OIDProxied:
		return !bind
	case wire.OIDPasswordPolicy:
		return true
	case wire.OIDPaged, wire.OIDSync:
		return search
	case wire.OIDAssertion:
		return !bind && !extended
	case wire.OIDPreRead, wire.OIDPostRead:
		return readable(oid, op)
	}
	return false
}

// readable: there is nothing before an add and nothing after a delete (RFC 4527).
func readable(oid string, op any) bool {
	switch op.(type) {
	case wire.Modify, wire.ModifyDN:
		return true
	case wire.Add:
		return oid == wire.OIDPostRead
	case wire.Delete:
		return oid == wire.OIDPreRead
	}
	return false
}

func (q *request) parseControl(c wire.Control) error {
	var err error
	switch c.OID {
	case wire.OIDProxied:
		return q.assume(c)
	case wire.OIDPasswordPolicy:
		q.controls.policy = true
	case wire.OIDAssertion:
		q.controls.assertion, err = wire.DecodeFilter(c.Value)
	case wire.OIDPreRead:
		q.controls.preRead, err = selection(c.Value)
	case wire.OIDPostRead:
		q.controls.postRead, err = selection(c.Value)
	case wire.OIDPaged:
		var p wire.Paged
		p, err = wire.DecodePaged(c.Value)
		q.controls.paged = &p
	case wire.OIDSync:
		var s wire.SyncRequest
		s, err = wire.DecodeSyncRequest(c.Value)
		q.controls.sync = &s
	}
	if err != nil {
		return wire.Errorf(wire.ProtocolError, "malformed control %s", c.OID)
	}
	return nil
}

func selection(value []byte) ([]string, error) {
	names, err := wire.DecodeRead(value)
	if len(names) == 0 {
		names = []string{"*"}
	}
	return names, err
}

// assume takes on the identity of a person (RFC 4370). Clau alone may, and only
// people's: what authzTo says in OpenLDAP.
func (q *request) assume(c wire.Control) error {
	if !c.Critical {
		return wire.Errorf(wire.ProtocolError, "proxied authorization control must be critical")
	}
	name, found := strings.CutPrefix(string(c.Value), "dn:")
	dn, err := q.schema.ParseDN(name)
	if err != nil || !found {
		return wire.Errorf(wire.AuthorizationDenied, "authzId mapping failed")
	}
	assumed := q.identityOf(dn)
	if assumed.norm == q.who.norm {
		return nil
	}
	if !q.who.isIDP() || !isPerson(assumed.path) {
		return wire.Errorf(wire.AuthorizationDenied, "not authorized to assume identity")
	}
	q.who = assumed
	return nil
}

// policyError adds what the password policy says to the answer, if asked for.
func (q *request) policyError(e wire.PolicyError) {
	p := wire.NoPolicy()
	p.Error = e
	q.policy(p)
}

func (q *request) policy(p wire.Policy) {
	if q.controls.policy {
		q.answers = append(q.answers, p.Control())
	}
}
