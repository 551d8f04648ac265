// SPDX-License-Identifier: AGPL-3.0-or-later

package preset

import (
	"bytes"
	"errors"
	"strings"
	"text/template"

	"commonscloud.coop/clau/idp/directory"
)

// register makes a service provider of the metadata that came, or of what the
// preset knows.
func (s SAML) register(in Input, f facts, attributes []string) (*directory.SAMLProvider, error) {
	var p directory.SAMLProvider
	switch {
	case in.Provider != nil:
		p = *in.Provider
	case s.ACS == "":
		return nil, ErrMetadata
	default:
		if err := s.describe(&p, f); err != nil {
			return nil, err
		}
	}
	source := p.Settings
	p.Settings = directory.SAMLSettings{
		MetadataURL: source.MetadataURL, MetadataKeys: source.MetadataKeys, Fetched: source.Fetched,
		NameID: s.NameID, Names: s.Names, Attributes: attributes,
		GroupFormat: s.GroupFormat, Sign: s.Sign, Encrypt: s.Encrypt, Cipher: s.Cipher,
		RequireSigned: s.RequireSigned, UnsignedLogout: s.UnsignedLogout, Unsolicited: s.Unsolicited,
		DeflatedPost: s.DeflatedPost, NoPersistentID: s.NoPersistentID,
	}
	return &p, nil
}

// MetadataURL is where an application at the address publishes its metadata, or
// "" if that is not known.
func (p Preset) MetadataURL(in Input) (string, error) {
	if p.SAML == nil || p.SAML.MetadataURL == "" {
		return "", nil
	}
	f, err := p.settle(in)
	if err != nil {
		return "", err
	}
	return expand(p.SAML.MetadataURL, f)
}

// TakesNoMetadata reports whether the preset knows all that metadata would say.
func (p Preset) TakesNoMetadata() bool { return p.SAML != nil && p.SAML.ACS != "" }

// Preview makes a service that nobody registers, so that its guide can be read
// before: some applications must be set up before they have metadata. It has no
// secret, and keeps no metadata.
func (p Preset) Preview(in Input) (directory.Service, error) {
	f, err := p.settle(in)
	if err != nil {
		return directory.Service{}, err
	}
	s := directory.Service{Name: in.Name, Collective: in.Collective, Title: f.Title, URL: f.URL, Preset: p.Name}
	if p.SAML != nil && in.Provider == nil {
		entityID, err := expand(p.SAML.EntityID, f)
		if err != nil {
			return s, err
		}
		in.Provider = &directory.SAMLProvider{EntityID: entityID}
	}
	return s, p.speak(&s, in, f)
}

// Wrote reports whether the service's metadata is what the preset wrote itself,
// and nothing that the application says.
func (p Preset) Wrote(s directory.Service) bool {
	if !p.TakesNoMetadata() || s.SAML == nil {
		return false
	}
	var made directory.SAMLProvider
	err := p.SAML.describe(&made, p.recall(s))
	return err == nil && bytes.Equal(made.Metadata, s.SAML.Metadata)
}

// descriptor is an EntityDescriptor (saml-metadata-2.0-os section 2.3.2) of a
// service provider that signs nothing.
const descriptor = `<EntityDescriptor xmlns="urn:oasis:names:tc:SAML:2.0:metadata" entityID="{{.EntityID}}">
  <SPSSODescriptor protocolSupportEnumeration="urn:oasis:names:tc:SAML:2.0:protocol">
{{- if .SLO}}
    <SingleLogoutService Binding="urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Redirect" Location="{{.SLO}}"/>
{{- end}}
    <NameIDFormat>urn:oasis:names:tc:SAML:2.0:nameid-format:{{.Format}}</NameIDFormat>
    <AssertionConsumerService Binding="urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST" Location="{{.ACS}}" index="0" isDefault="true"/>
  </SPSSODescriptor>
</EntityDescriptor>
`

// describe writes metadata for an application that publishes none. The values
// are addresses that were checked; they are escaped all the same.
func (s SAML) describe(p *directory.SAMLProvider, f facts) error {
	entityID, err1 := expand(s.EntityID, f)
	acs, err2 := expand(s.ACS, f)
	slo, err3 := expand(s.SLO, f)
	if err := errors.Join(err1, err2, err3); err != nil {
		return err
	}
	var b strings.Builder
	t := template.Must(template.New("").Parse(descriptor)) // a constant, which tests have parsed
	err := t.Execute(&b, map[string]string{
		"EntityID": XML.quote(entityID), "ACS": XML.quote(acs), "SLO": XML.quote(slo), "Format": "persistent",
	})
	p.EntityID, p.Metadata = entityID, []byte(b.String())
	return err
}
