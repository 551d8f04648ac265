// SPDX-License-Identifier: AGPL-3.0-or-later

package signon

import (
	"net/http"

	"commonscloud.coop/clau/idp/audit"
	"commonscloud.coop/clau/idp/directory"
	"commonscloud.coop/clau/idp/web"
)

// record writes what happened to the audit log. Who failed to prove who they
// are stays unnamed there: what was typed may be a password in the wrong field.
func (p *Pipeline) record(r *http.Request, kind audit.Kind, who directory.PersonID, req Request, reason string) {
	web.Note(r.Context(), "protocol", req.Protocol)
	if req.Service != "" {
		web.Note(r.Context(), "service", string(req.Service))
	}
	if reason != "" {
		web.Note(r.Context(), "reason", reason)
	}
	p.c.Audit.Write(r.Context(), audit.Event{
		Kind: kind, Person: who, Service: req.Service, Reason: reason, Reference: web.Reference(r.Context()),
	})
}
