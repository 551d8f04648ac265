// SPDX-License-Identifier: AGPL-3.0-or-later

package metadata

import (
	"math"
	"strconv"
	"testing"
	"time"
)

func TestDurations(t *testing.T) {
	for text, want := range map[string]time.Duration{
		"PT1H": time.Hour, "P1D": 24 * time.Hour, "PT604800S": 7 * 24 * time.Hour, "P1Y": 365 * 24 * time.Hour,
		"P1M": 30 * 24 * time.Hour, "PT1M": time.Minute, "P0Y0M7DT0H0M0.000S": 7 * 24 * time.Hour, "PT0S": 0, " PT5S\n": 5 * time.Second,
		"P9999Y": math.MaxInt64,
	} {
		got, err := duration(text)
		if err != nil || got != want {
			t.Errorf("%q: %v, %v", text, got, err)
		}
	}
	for _, text := range []string{"", "P", "PT", "P1DT", "-P1D", "1H", "PT1", "P1H", "PT1D", "P1.5D", "PT99999999999S"} {
		if got, err := duration(text); err == nil {
			t.Errorf("%q: %v", text, got)
		}
	}
}

func TestTimes(t *testing.T) {
	for _, text := range []string{"2026-03-01T12:00:00Z", "2026-03-01T12:00:00.000Z", "2026-03-01T13:00:00+01:00", "2026-03-01T12:00:00", " 2026-03-01T12:00:00Z "} {
		got, err := dateTime(text)
		if err != nil || !got.Equal(noon) {
			t.Errorf("%q: %v, %v", text, got, err)
		}
	}
	for _, text := range []string{"", "2026-03-01", "tomorrow", "2026-13-01T12:00:00Z", "1772366400"} {
		if got, err := dateTime(text); err == nil {
			t.Errorf("%q: %v", text, got)
		}
	}
}

// TestChoosing (P5): by index, by address, by default, and in a second role.
func TestChoosing(t *testing.T) {
	other := `<md:AssertionConsumerService Binding="urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Artifact" Location="https://wiki.example/artifact" index="0"/>
		<md:AssertionConsumerService Binding="` + BindingRedirect + `" Location="https://wiki.example/redirect" index="1" isDefault="true"/>`
	provider := wiki()
	provider.acs = other + acs(2, "https://wiki.example/two") + acs(3, "https://wiki.example/three")
	provider.more = `<md:SPSSODescriptor protocolSupportEnumeration="` + protocolSAML2 + `">` + acs(9, "https://wiki.example/nine") + `</md:SPSSODescriptor>`
	p := parsed(t, provider.xml())

	chosen := func(e Endpoint, found bool) string { return e.Location + " " + strconv.FormatBool(found) }
	same(t, "default is never one that cannot be used", chosen(p.DefaultACS()), "https://wiki.example/two true")
	same(t, "by index", chosen(p.ACSByIndex(3)), "https://wiki.example/three true")
	same(t, "in a second role", chosen(p.ACSByIndex(9)), "https://wiki.example/nine true")
	same(t, "index of another binding", chosen(p.ACSByIndex(1)), " false")
	same(t, "unknown index", chosen(p.ACSByIndex(4)), " false")
	same(t, "no index", chosen(p.ACSByIndex(-1)), " false")
	same(t, "by address", chosen(p.ACSByURL("https://wiki.example/nine")), "https://wiki.example/nine true")
	for _, near := range []string{"https://wiki.example/nine/", "https://wiki.example/nin", "https://WIKI.example/nine", "https://wiki.example:443/nine", "https://wiki.example/redirect", ""} {
		same(t, near, chosen(p.ACSByURL(near)), " false")
	}

	provider.acs = `<md:AssertionConsumerService Binding="` + BindingPOST + `" Location="https://wiki.example/not" index="0" isDefault="false"/>` + acs(1, "https://wiki.example/open")
	p = parsed(t, provider.xml())
	same(t, "rather one that does not say no", chosen(p.DefaultACS()), "https://wiki.example/open true")
	provider.acs, provider.more = `<md:AssertionConsumerService Binding="`+BindingPOST+`" Location="https://wiki.example/not" index="0" isDefault="false"/>`, ""
	p = parsed(t, provider.xml())
	same(t, "rather one that says no than none", chosen(p.DefaultACS()), "https://wiki.example/not true")
}

// TestAttributeSets: by index, by default, or the first.
func TestAttributeSets(t *testing.T) {
	p := Provider{AttributeSets: []AttributeSet{{Index: 1}, {Index: 2, Default: true}}}
	one, three := 1, 3
	set, ok := p.Attributes(&one)
	same(t, "by index", ok && set.Index == 1, true)
	set, ok = p.Attributes(nil)
	same(t, "default", ok && set.Index == 2, true)
	_, ok = p.Attributes(&three)
	same(t, "unknown", ok, false)
	p.AttributeSets[1].Default = false
	set, _ = p.Attributes(nil)
	same(t, "first", set.Index, 1)
}
