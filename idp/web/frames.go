// SPDX-License-Identifier: AGPL-3.0-or-later

package web

import (
	"errors"
	"net/http"
	"strings"
)

// AllowFrames lets this answer show frames from the origins of the addresses,
// and from nowhere else (CSP Level 3 section 6.1.6: frame-src). Call it before
// the first write. An address that is no http or https one is an error, and
// none is allowed then.
func AllowFrames(w http.ResponseWriter, addresses ...string) error {
	var sources []string
	for _, address := range addresses {
		if !strings.HasPrefix(address, "https://") && !strings.HasPrefix(address, "http://") {
			return errFrame
		}
		source, err := formSource(address)
		if err != nil {
			return errFrame
		}
		sources = append(sources, source)
	}
	if len(sources) == 0 {
		return nil
	}
	h := w.Header()
	policy := h.Get(cspHeader)
	if policy == "" {
		policy = contentSecurityPolicy
	}
	h.Set(cspHeader, policy+"; frame-src 'none'")
	for _, source := range sources {
		allow(h, "frame-src", source)
	}
	return nil
}

var errFrame = errors.New("web: frame of an address that nobody looks at")
