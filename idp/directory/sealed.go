// SPDX-License-Identifier: AGPL-3.0-or-later

package directory

// SealedIn is the context in which the secrets of a service are sealed (keys
// package, Sealer.Seal). Written to the entry of another service, they do not open.
func (s Service) SealedIn() string { return "service-secrets/" + string(s.ID) }
