// SPDX-License-Identifier: AGPL-3.0-or-later

package idp_test

import (
	"crypto/rand"
	"encoding/xml"
	"fmt"
	"io"
	"net/http"
	"slices"
)

// samlResponse is what a service reads of a Response or a LogoutResponse.
type samlResponse struct {
	InResponseTo string `xml:"InResponseTo,attr"`
	Destination  string `xml:"Destination,attr"`
	Issuer       string `xml:"Issuer"`
	Status       struct {
		Code struct {
			Value string `xml:"Value,attr"`
			Code  struct {
				Value string `xml:"Value,attr"`
			} `xml:"StatusCode"`
		} `xml:"StatusCode"`
	} `xml:"Status"`
	Assertions []samlAssertion `xml:"Assertion"`
}

func (r samlResponse) outer() string { return r.Status.Code.Value }
func (r samlResponse) inner() string { return r.Status.Code.Code.Value }

type samlAssertion struct {
	Issuer       string   `xml:"Issuer"`
	NameID       samlName `xml:"Subject>NameID"`
	Confirmation struct {
		Recipient    string `xml:"Recipient,attr"`
		InResponseTo string `xml:"InResponseTo,attr"`
		Address      string `xml:"Address,attr"`
	} `xml:"Subject>SubjectConfirmation>SubjectConfirmationData"`
	Audience   []string `xml:"Conditions>AudienceRestriction>Audience"`
	Statements []struct {
		SessionIndex string `xml:"SessionIndex,attr"`
	} `xml:"AuthnStatement"`
	Attributes []struct {
		Name   string   `xml:"Name,attr"`
		Values []string `xml:"AttributeValue"`
	} `xml:"AttributeStatement>Attribute"`
}

type samlName struct {
	Format          string `xml:"Format,attr"`
	NameQualifier   string `xml:"NameQualifier,attr"`
	SPNameQualifier string `xml:"SPNameQualifier,attr"`
	Value           string `xml:",chardata"`
}

// element writes the name to the letter as it was read.
func (n samlName) element() string {
	out := `<a:NameID`
	for _, one := range [][2]string{{"Format", n.Format}, {"NameQualifier", n.NameQualifier}, {"SPNameQualifier", n.SPNameQualifier}} {
		if one[1] != "" {
			out += fmt.Sprintf(` %s="%s"`, one[0], one[1])
		}
	}
	return out + `>` + n.Value + `</a:NameID>`
}

// samlLogout is what a service reads of a LogoutRequest.
type samlLogout struct {
	ID           string   `xml:"ID,attr"`
	NameID       samlName `xml:"NameID"`
	SessionIndex string   `xml:"SessionIndex"`

	soap bool
}

// asksToLeave sends the browser with a LogoutRequest, and returns its ID.
func (s *serviceProvider) asksToLeave(who samlAssertion) string {
	s.app.t.Helper()
	id := "_" + rand.Text()
	inner := who.NameID.element() + `<p:SessionIndex>` + who.Statements[0].SessionIndex + `</p:SessionIndex>`
	message := s.message("LogoutRequest", id, s.app.at.SLO, "", inner)
	s.app.nuria.Open(s.app.at.SLO + "?" + s.query("SAMLRequest", message, "", s.signs()))
	return id
}

// isLeft is told by a browser that somebody has left, and sends it back.
func (s *serviceProvider) isLeft(w http.ResponseWriter, r *http.Request) {
	var asked samlLogout
	if err := xml.Unmarshal(s.decoded(r.Form.Get("SAMLRequest"), r.Method), &asked); err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	s.hears(asked)
	query := s.query("SAMLResponse", s.left(asked.ID), r.Form.Get("RelayState"), s.signs())
	http.Redirect(w, r, s.app.at.SLO+"?"+query, http.StatusFound)
}

// hearsSOAP is told behind the scenes.
func (s *serviceProvider) hearsSOAP(w http.ResponseWriter, r *http.Request) {
	raw, err := io.ReadAll(r.Body)
	var envelope struct {
		Request samlLogout `xml:"Body>LogoutRequest"`
	}
	if err != nil || xml.Unmarshal(raw, &envelope) != nil {
		http.Error(w, "unreadable", http.StatusBadRequest)
		return
	}
	envelope.Request.soap = true
	s.hears(envelope.Request)
	w.Header().Set("Content-Type", "text/xml")
	fmt.Fprintf(w, `<e:Envelope xmlns:e="http://schemas.xmlsoap.org/soap/envelope/"><e:Body>%s</e:Body></e:Envelope>`, s.left(envelope.Request.ID))
}

// left is the LogoutResponse of a service where somebody has left.
func (s *serviceProvider) left(request string) string {
	return s.message("LogoutResponse", "_"+rand.Text(), s.app.at.SLO, ` InResponseTo="`+request+`"`,
		`<p:Status><p:StatusCode Value="`+samlStatus+`Success"/></p:Status>`)
}

func (s *serviceProvider) hears(what samlLogout) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.heard = append(s.heard, what)
}

func (s *serviceProvider) told() []samlLogout {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.heard)
}
