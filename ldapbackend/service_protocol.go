// SPDX-License-Identifier: AGPL-3.0-or-later

package ldapbackend

import (
	"encoding/json"
	"slices"

	"commonscloud.coop/clau/idp/directory"
)

// What a service is registered as, at its protocol, is an auxiliary class of its
// entry; no two protocols at once. They share some attributes: clauMetadata is
// JSON for each of them, with the preset beside what the protocol needs.
const (
	clientClass  = "clauOIDCClient"
	samlClass    = "clauSAMLProvider"
	forumClass   = "clauDiscourseConnect"
	forwardClass = "clauForwardAuth"
)

func protocolClasses() []string { return []string{clientClass, samlClass, forumClass, forwardClass} }

// protocolClass is the class of what the service speaks, or "".
func protocolClass(s directory.Service) string {
	switch {
	case s.OIDC != nil:
		return clientClass
	case s.SAML != nil:
		return samlClass
	case s.Discourse != nil:
		return forumClass
	case s.Forward != nil:
		return forwardClass
	}
	return ""
}

// The forms of clauMetadata. The names of RFC 7591 are in use by the first, so
// what is not of the protocol has a name that no registry will give.
type (
	// presetRecord is beside each of the others.
	presetRecord struct {
		Preset    string   `json:"clau_preset,omitempty"`
		Essential []string `json:"clau_essential,omitempty"`
		StoppedBy string   `json:"clau_stopped_by,omitempty"`
	}
	clientRecord struct {
		directory.ClientMetadata
		presetRecord
	}
	samlRecord struct {
		directory.SAMLSettings
		presetRecord
	}
	forumRecord struct {
		directory.DiscourseSettings
		presetRecord
	}
	forwardRecord struct {
		Rules       []directory.ForwardRule `json:"rules,omitempty"`
		Attributes  []string                `json:"attributes,omitempty"`
		SubjectType string                  `json:"subject_type,omitempty"`
		GroupFormat directory.GroupFormat   `json:"group_format,omitempty"`
		presetRecord
	}
)

// readProtocol reads what the entry is registered as. One that is registered
// twice over is none: nobody could say which rules hold for it.
func readProtocol(s *directory.Service, f fields) error {
	var has []string
	for _, class := range protocolClasses() {
		if f.is(class) {
			has = append(has, class)
		}
	}
	switch {
	case len(has) > 1:
		return refuse(directory.ErrInvalid, "a service of two protocols: %v", has)
	case len(has) == 0:
		return readPreset(s, f)
	}
	return map[string]func(*directory.Service, fields) error{
		clientClass: readClient, samlClass: readSAML, forumClass: readForum, forwardClass: readForward,
	}[has[0]](s, f)
}

func readRecord(f fields, into any) error {
	raw := f.bytes("clauMetadata")
	if len(raw) == 0 {
		return nil
	}
	if err := json.Unmarshal(raw, into); err != nil {
		return refuse(directory.ErrInvalid, "clauMetadata: %w", err)
	}
	return nil
}

func readPreset(s *directory.Service, f fields) error {
	var r presetRecord
	err := readRecord(f, &r)
	s.Preset, s.Essential, s.StoppedBy = r.Preset, r.Essential, r.StoppedBy
	return err
}

func readClient(s *directory.Service, f fields) error {
	var r clientRecord
	if err := readRecord(f, &r); err != nil {
		return err
	}
	secrets, err := parseSecrets(f.texts("clauSecretHash"))
	if err != nil {
		return err
	}
	s.Preset, s.Essential, s.StoppedBy = r.Preset, r.Essential, r.StoppedBy
	s.OIDC = &directory.OIDCClient{
		ID:           directory.ClientID(f.text("clauClientId")),
		Secrets:      secrets,
		RedirectURIs: slices.Clone(f.texts("clauRedirectURI")),
		Metadata:     r.ClientMetadata,
	}
	return nil
}

func readSAML(s *directory.Service, f fields) error {
	var r samlRecord
	if err := readRecord(f, &r); err != nil {
		return err
	}
	s.Preset, s.Essential, s.StoppedBy = r.Preset, r.Essential, r.StoppedBy
	s.SAML = &directory.SAMLProvider{EntityID: f.text("clauEntityId"), Metadata: f.bytes("clauSAMLMetadata"), Settings: r.SAMLSettings}
	return nil
}

func readForum(s *directory.Service, f fields) error {
	var r forumRecord
	if err := readRecord(f, &r); err != nil {
		return err
	}
	s.Preset, s.Essential, s.StoppedBy = r.Preset, r.Essential, r.StoppedBy
	s.Discourse = &directory.DiscourseConnect{
		ReturnURLs: slices.Clone(f.texts("clauRedirectURI")),
		Sealed:     f.bytes("clauSealedSecret"),
		Settings:   r.DiscourseSettings,
	}
	return nil
}

func readForward(s *directory.Service, f fields) error {
	var r forwardRecord
	if err := readRecord(f, &r); err != nil {
		return err
	}
	secrets, err := parseSecrets(f.texts("clauSecretHash"))
	if err != nil {
		return err
	}
	s.Preset, s.Essential, s.StoppedBy = r.Preset, r.Essential, r.StoppedBy
	s.Forward = &directory.ForwardAuth{
		Origins:     slices.Clone(f.texts("clauRedirectURI")),
		Rules:       r.Rules,
		Attributes:  r.Attributes,
		SubjectType: r.SubjectType,
		Secrets:     secrets,
		GroupFormat: r.GroupFormat,
	}
	return nil
}

// protocolEntry holds the attributes of all protocols, see serviceEntry.
func protocolEntry(s directory.Service) (attributes, error) {
	preset := presetRecord{s.Preset, s.Essential, s.StoppedBy}
	var client, entity, xml, sealed string
	var hashes, uris []string
	var record any = preset
	switch {
	case s.OIDC != nil:
		client, hashes, uris = string(s.OIDC.ID), formatSecrets(s.OIDC.Secrets), s.OIDC.RedirectURIs
		record = clientRecord{s.OIDC.Metadata, preset}
	case s.SAML != nil:
		entity, xml = s.SAML.EntityID, string(s.SAML.Metadata)
		record = samlRecord{s.SAML.Settings, preset}
	case s.Discourse != nil:
		sealed, uris = string(s.Discourse.Sealed), s.Discourse.ReturnURLs
		record = forumRecord{s.Discourse.Settings, preset}
	case s.Forward != nil:
		w := s.Forward
		hashes, uris = formatSecrets(w.Secrets), w.Origins
		record = forwardRecord{w.Rules, w.Attributes, w.SubjectType, w.GroupFormat, preset}
	}
	metadata, err := formatRecord(record)
	return attributes{
		{"clauClientId", []string{client}},
		{"clauEntityId", []string{entity}},
		{"clauSAMLMetadata", []string{xml}},
		{"clauSealedSecret", []string{sealed}},
		{"clauSecretHash", hashes},
		{"clauRedirectURI", uris},
		{"clauMetadata", []string{metadata}},
	}, err
}

// metadataMax is what the schema says of clauMetadata, in bytes.
const metadataMax = 64 << 10

func formatRecord(record any) (string, error) {
	raw, err := json.Marshal(record)
	switch {
	case err != nil: // a part that is JSON of others, and is none
		return "", refuse(directory.ErrInvalid, "metadata: %w", err)
	case len(raw) > metadataMax:
		return "", refuse(directory.ErrInvalid, "metadata of %d bytes", len(raw))
	case string(raw) == "{}":
		return "", nil
	}
	return string(raw), nil
}
