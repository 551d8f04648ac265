// SPDX-License-Identifier: AGPL-3.0-or-later

package metadata

import (
	"bytes"
	"crypto"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/hex"
	"encoding/pem"
	"fmt"
	"net/url"
	"strings"
	"time"

	"commonscloud.coop/clau/idp/directory"
)

// Source is where the metadata of a service is fetched, and who vouches for it.
type Source struct {
	URL      string
	EntityID string   // the one that is meant; empty: the only one
	Keys     [][]byte // certificates, DER: one of their keys signs the document. None: TLS vouches for a single entity
}

// MDQ is the address of an entity at a service that answers metadata queries
// (draft-young-md-query section 3.2). It is fetched as any other.
func MDQ(base, entityID string) string {
	escaped := strings.ReplaceAll(url.QueryEscape(entityID), "+", "%20")
	return strings.TrimSuffix(base, "/") + "/entities/" + escaped
}

// SourceOf is where the metadata of a registered service comes from, and false
// where it came as a file.
func SourceOf(p directory.SAMLProvider) (Source, bool) {
	if p.Settings.MetadataURL == "" {
		return Source{}, false
	}
	s := Source{URL: p.Settings.MetadataURL, EntityID: p.EntityID}
	for _, text := range p.Settings.MetadataKeys {
		// One that cannot be read stays, empty, and no document passes it: its
		// absence would mean that nothing was pinned.
		der, _ := base64.StdEncoding.DecodeString(text)
		s.Keys = append(s.Keys, der)
	}
	return s, true
}

// Record is what a service's record says of a copy from the source.
func (s Source) Record(c Copy, at time.Time) directory.SAMLProvider {
	p := directory.SAMLProvider{EntityID: c.Provider.EntityID, Metadata: c.Metadata}
	p.Settings.MetadataURL = s.URL
	p.Settings.Fetched = at
	for _, der := range s.Keys {
		p.Settings.MetadataKeys = append(p.Settings.MetadataKeys, base64.StdEncoding.EncodeToString(der))
	}
	return p
}

// Pin reads the certificates that an admin pins for a [Source]: PEM, one or
// several, or DER. Only keys that could sign metadata are taken.
func Pin(text []byte) ([][]byte, error) {
	var pinned [][]byte
	for block, rest := pem.Decode(text); block != nil; block, rest = pem.Decode(rest) {
		pinned = append(pinned, block.Bytes)
	}
	if len(pinned) == 0 {
		pinned = [][]byte{bytes.Clone(text)}
	}
	_, err := pinnedKeys(pinned)
	if err != nil {
		return nil, err
	}
	return pinned, nil
}

// pinnedKeys are the keys in the certificates. One that is no good spoils all:
// it was pinned for a reason.
func pinnedKeys(certificates [][]byte) ([]crypto.PublicKey, error) {
	var keys []crypto.PublicKey
	for _, der := range certificates {
		c, err := x509.ParseCertificate(der)
		if err != nil {
			return nil, fmt.Errorf("%w: a pinned certificate cannot be read", ErrUntrusted)
		}
		key, is := c.PublicKey.(*rsa.PublicKey)
		if !is || key.N.BitLen() < rsaMin {
			return nil, fmt.Errorf("%w: a pinned certificate has no RSA key of %d bits or more", ErrUntrusted, rsaMin)
		}
		keys = append(keys, key)
	}
	return keys, nil
}

// id names the document of a source, whichever entity of it is meant. Only who
// trusts the same keys for it shares what is known about it.
func (s Source) id() string {
	sum := sha256.New()
	sum.Write([]byte(s.URL))
	for _, der := range s.Keys {
		sum.Write([]byte{0})
		sum.Write(der)
	}
	return hex.EncodeToString(sum.Sum(nil))
}
