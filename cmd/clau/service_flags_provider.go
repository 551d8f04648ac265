// SPDX-License-Identifier: AGPL-3.0-or-later

package main

import (
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"commonscloud.coop/clau/idp/directory"
)

// providerFlags are what can be said of a SAML service provider.
type providerFlags struct {
	metadata, metadataKey, entityID            string
	nameID, names, signed, encrypt, cipher     string
	signWith, sha1Until                        string
	requireSigned, unsignedLogout, unsolicited bool
	deflatedPost, noPersistentID               bool
}

func (f *providerFlags) register(flags *pflag.FlagSet) {
	flags.StringVar(&f.metadata, "metadata", "", "`file or address` of a SAML service provider's metadata; an address is read again from time to time")
	flags.StringVar(&f.metadataKey, "metadata-key", "", "`file` with the certificate that signs what is fetched; needed for metadata of many")
	flags.StringVar(&f.entityID, "entity-id", "", "`entityID` that is meant, of metadata of many")
	flags.StringVar(&f.nameID, "name-id", "", "identifier that it is given: persistent, transient, emailAddress or unspecified")
	flags.StringVar(&f.names, "attribute-names", "", "how attributes are called: basic or oid")
	flags.StringVar(&f.signed, "signed", "", "what Clau signs: both, response or assertion")
	flags.StringVar(&f.encrypt, "encrypt", "", "when assertions are encrypted: auto (it has a key), never or required")
	flags.StringVar(&f.cipher, "cipher", "", "with what, where its metadata does not say: aes128-gcm, aes256-gcm, aes128-cbc or aes256-cbc")
	flags.StringVar(&f.signWith, "sign-with", "", "`id` of the certificate to sign with in place of the current one, or nothing for that")
	flags.StringVar(&f.sha1Until, "sha1-until", "", "`day` (2027-01-31) until which its requests may be signed with SHA-1, or nothing for never")
	flags.BoolVar(&f.requireSigned, "require-signed", false, "take only signed requests, also where its metadata does not say so")
	flags.BoolVar(&f.unsignedLogout, "unsigned-logout", false, "let an unsigned log-out lead to a page that asks the person")
	flags.BoolVar(&f.unsolicited, "idp-initiated", false, "let sign-ons begin at Clau; only for one that cannot begin them itself")
	flags.BoolVar(&f.deflatedPost, "deflated-post", false, "its POST holds what a redirect would")
	flags.BoolVar(&f.noPersistentID, "no-persistent-id", false, "never give it an identifier that lasts")
}

func providerWords() map[string][]string {
	return map[string][]string{
		"name-id": {"persistent", "transient", "emailAddress", "unspecified"}, "attribute-names": {"basic", "oid"},
		"signed": {"both", "response", "assertion"}, "encrypt": {"auto", "never", "required"},
		"cipher": {"aes128-gcm", "aes256-gcm", "aes128-cbc", "aes256-cbc"},
	}
}

func providerFlagNames() []string {
	return []string{
		"metadata", "metadata-key", "entity-id", "name-id", "attribute-names", "signed", "encrypt", "cipher", "sign-with",
		"sha1-until", "require-signed", "unsigned-logout", "idp-initiated", "deflated-post", "no-persistent-id",
	}
}

// apply writes what the command line has over the provider's settings. Metadata
// is read before.
func (f *providerFlags) apply(c *cobra.Command, s *directory.SAMLSettings) error {
	var until time.Time
	if f.sha1Until != "" {
		var err error
		if until, err = time.Parse(time.DateOnly, f.sha1Until); err != nil {
			return sayf("--sha1-until is %q; write a day as 2027-01-31", f.sha1Until)
		}
	}
	overwrite(c, "name-id", &s.NameID, f.nameID)
	overwrite(c, "attribute-names", &s.Names, f.names)
	overwrite(c, "signed", &s.Sign, f.signed)
	overwrite(c, "encrypt", &s.Encrypt, f.encrypt)
	overwrite(c, "cipher", &s.Cipher, f.cipher)
	overwrite(c, "sign-with", &s.Key, directory.KeyID(f.signWith))
	overwrite(c, "sha1-until", &s.SHA1Until, until)
	overwrite(c, "require-signed", &s.RequireSigned, f.requireSigned)
	overwrite(c, "unsigned-logout", &s.UnsignedLogout, f.unsignedLogout)
	overwrite(c, "idp-initiated", &s.Unsolicited, f.unsolicited)
	overwrite(c, "deflated-post", &s.DeflatedPost, f.deflatedPost)
	overwrite(c, "no-persistent-id", &s.NoPersistentID, f.noPersistentID)
	return nil
}
