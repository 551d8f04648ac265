// SPDX-License-Identifier: AGPL-3.0-or-later

package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"commonscloud.coop/clau/cmd/clau/config"
	"commonscloud.coop/clau/consent"
	"commonscloud.coop/clau/idp/release"
	"commonscloud.coop/clau/idp/web"
)

func (a *app) receipt() *cobra.Command {
	c := &cobra.Command{
		Use:   "receipt",
		Short: "the signed record that people keep of what they agreed to",
		RunE:  group, Args: cobra.ArbitraryArgs,
	}
	c.AddCommand(a.receiptVerify())
	return c
}

func (a *app) receiptVerify() *cobra.Command {
	var keys string
	var values []string
	c := &cobra.Command{
		Use:   "verify FILE --jwks ADDRESS|FILE",
		Short: "see whether a receipt is genuine, and what it records",
		Long: `Checks the signature of a receipt, as downloaded (a JWS in compact form; "-" is the
standard input), against the published keys of the federation: an address, or a file
with a copy of them, and then nothing is asked of anybody. It is for whoever holds a
receipt, and needs no configuration.

Keep a copy of the keys with the receipt. That they are those of the issuer that is
printed is for you to know.

A receipt holds fingerprints of what was given, and no values. With --value you see
whether a value that you have is the one that was agreed to. Of a list, such as the
groups, name the entries with commas between them.

The exit status is 0 if the receipt is genuine and each value is the one, and 1 if not.`,
		Example: `  clau receipt verify receipt.jws --jwks https://id.example.coop/receipts/keys
  clau receipt verify receipt.jws --jwks clau-keys.json --value email=marta@example.coop`,
		Args: arguments(cobra.ExactArgs(1)),
		RunE: func(c *cobra.Command, args []string) error {
			return a.verifyReceipt(c.Context(), args[0], keys, values)
		},
	}
	c.Flags().StringVar(&keys, "jwks", "", "published keys: `address` or file (needed)")
	c.Flags().StringArrayVar(&values, "value", nil, "`attribute=value` to hold against its fingerprint; may be repeated")
	_ = c.MarkFlagRequired("jwks")
	return c
}

func (a *app) verifyReceipt(ctx context.Context, file, keys string, values []string) error {
	jws, err := a.read(file)
	if err != nil {
		return err
	}
	jwks, err := a.readKeys(ctx, keys)
	if err != nil {
		return err
	}
	r, err := consent.VerifyReceipt(jws, jwks)
	if errors.Is(err, consent.ErrReceipt) {
		return sayf("%s is not genuine, or not of these keys: %s", file, reasonOf(err))
	}
	if err != nil {
		return err
	}
	if err := proven(r, values); err != nil {
		return err
	}
	if a.json {
		return a.printJSON(r)
	}
	fmt.Fprintf(a.out, "%s is genuine\n", file)
	a.printFields(receiptFields(r)...)
	return nil
}

// proven holds values against the fingerprints of a receipt.
func proven(r consent.Receipt, values []string) error {
	for _, one := range values {
		name, value, found := strings.Cut(one, "=")
		if !found {
			return sayf("--value %q: write it as attribute=value", one)
		}
		attribute := release.Attribute(name)
		if !r.Proves(attribute, value) && !r.Proves(attribute, strings.Split(value, ",")) {
			return sayf("the receipt is genuine, and %s was not %q", name, value)
		}
	}
	return nil
}

// reasonOf is what an error says beyond being one of its kind.
func reasonOf(err error) string {
	return strings.TrimPrefix(err.Error(), consent.ErrReceipt.Error()+": ")
}

// receiptFields are what a person wants to know of a receipt. What services get
// is there as digests only, so that names stand here and no values.
func receiptFields(r consent.Receipt) []field {
	var given []string
	for _, i := range r.Clau.Items {
		given = append(given, i.Attribute)
	}
	fields := []field{
		{"receipt", r.ConsentReceiptID}, {"issuer", r.Issuer}, {"decision", string(r.Clau.Kind)},
		{"decided", instant(r.ConsentTimestamp)}, {"service", string(r.Clau.Service)}, {"collective", string(r.Clau.Collective)},
		{"known as", r.PIIPrincipalID}, {"appears", string(r.Clau.Appearance)},
		{"given", lines(given)}, {"kept back", lines(r.Clau.Declined)}, {"groups", lines(r.Clau.Groups)},
		{"until", instant(r.Clau.Expires)}, {"policy", r.PolicyURL},
	}
	if g := r.Clau.Agreed; g != nil {
		fields = append(fields, field{"agreed", g.On.String() + "  " + g.Minutes})
	}
	for i, f := range fields {
		fields[i].value = shielded(f.value)
	}
	return fields
}

// shielded keeps control characters from the terminal, save for the ends of
// lines: the claims are somebody else's text until the keys are known to be right.
func shielded(s string) string {
	all := strings.Split(s, "\n")
	for i, one := range all {
		all[i] = printable(one)
	}
	return strings.Join(all, "\n")
}

func instant(seconds int64) string {
	if seconds == 0 {
		return ""
	}
	return time.Unix(seconds, 0).UTC().Format(time.RFC3339)
}

// readKeys reads published keys from an address or from a file.
func (a *app) readKeys(ctx context.Context, from string) ([]byte, error) {
	u, err := url.Parse(from)
	if err != nil || u.Scheme != "https" && u.Scheme != "http" {
		return a.read(from)
	}
	if u.Scheme == "http" && !config.Loopback(u.Hostname()) {
		return nil, sayf("keys that came from %s without TLS would prove nothing; use https", u.Host)
	}
	keys, err := fetchKeys(ctx, from)
	if err != nil {
		return nil, sayf("the keys cannot be fetched from %s: %w", from, err)
	}
	return keys, nil
}

// fetchKeys asks an address that somebody typed at their own machine: it may be
// an inner one.
func fetchKeys(ctx context.Context, from string) ([]byte, error) {
	anywhere := []netip.Prefix{netip.MustParsePrefix("0.0.0.0/0"), netip.MustParsePrefix("::/0")}
	client := web.NewOutbound(web.OutboundConfig{Allow: anywhere})
	defer client.CloseIdleConnections()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, from, nil)
	if err != nil {
		return nil, errors.New("not an address")
	}
	answer, err := client.Do(request)
	if err != nil {
		return nil, withoutAddress(err)
	}
	defer answer.Body.Close()
	if answer.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("it answers %s", answer.Status)
	}
	return io.ReadAll(answer.Body)
}

// withoutAddress is what went wrong with a request, without its address, which
// the sentence around it has.
func withoutAddress(err error) error {
	var at *url.Error
	if errors.As(err, &at) {
		return at.Err
	}
	return err
}
