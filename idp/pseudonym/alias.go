// SPDX-License-Identifier: AGPL-3.0-or-later

package pseudonym

// NoMail is the domain of aliases where none is configured. No message reaches
// an address below .invalid (RFC 2606 section 2).
const NoMail = "anon.invalid"

// aliasSize is the length of an alias before the @: 130 bits, so that aliases
// can neither be guessed nor collected by trying.
const aliasSize = 26

// Alias returns the address that stands for a person's own in a sector, below
// the domain, or [NoMail] if that is empty. It has nothing in common with the
// subject or the handle. Without a seed it is "", as in [Names.Of].
func (n *Names) Alias(sector string, seed []byte, identity int, domain string) string {
	if len(seed) == 0 {
		return ""
	}
	if domain == "" {
		domain = NoMail
	}
	hash := sum(n.aliases, []byte(sector), seed, count(identity))
	return text(hash)[:aliasSize] + "@" + domain
}
