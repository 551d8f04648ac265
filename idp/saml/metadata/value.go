// SPDX-License-Identifier: AGPL-3.0-or-later

package metadata

import (
	"errors"
	"math"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/beevik/etree"

	"commonscloud.coop/clau/idp/saml/xmlsig"
)

// boolean reads an xs:boolean that is false where it is missing.
func (r *reader) boolean(el *etree.Element, name string) bool {
	value, there := xmlsig.Attr(el, name)
	switch strings.TrimSpace(value) {
	case "true", "1":
		return true
	case "false", "0":
		return false
	}
	if there {
		r.fault("boolean", value)
	}
	return false
}

// index reads an xs:unsignedShort; false where it is missing or none.
func (r *reader) index(el *etree.Element) (int, bool) {
	value, there := xmlsig.Attr(el, "index")
	if !there {
		return -1, false
	}
	n, err := strconv.ParseUint(strings.TrimSpace(value), 10, 16)
	if err != nil {
		r.fault("number", value)
		return -1, true
	}
	return int(n), true
}

func validUntil(el *etree.Element) (time.Time, error) {
	value, there := xmlsig.Attr(el, "validUntil")
	if !there {
		return time.Time{}, nil
	}
	return dateTime(value)
}

func cacheDuration(el *etree.Element) (time.Duration, error) {
	value, there := xmlsig.Attr(el, "cacheDuration")
	if !there {
		return 0, nil
	}
	return duration(value)
}

// dateTime reads an xs:dateTime. One without a time zone is UTC, as all times of
// SAML are (saml-core-2.0-os section 1.3.3).
func dateTime(value string) (time.Time, error) {
	value = strings.TrimSpace(value)
	for _, layout := range []string{"2006-01-02T15:04:05.999999999Z07:00", "2006-01-02T15:04:05.999999999"} {
		t, err := time.Parse(layout, value)
		if err == nil {
			return t.UTC(), nil
		}
	}
	return time.Time{}, errors.New(clip(value))
}

var durationForm = regexp.MustCompile(`^P(?:(\d{1,4})Y)?(?:(\d{1,5})M)?(?:(\d{1,6})D)?(?:T(?:(\d{1,7})H)?(?:(\d{1,9})M)?(?:(\d{1,10})(?:\.\d{1,9})?S)?)?$`)

// duration reads an xs:duration. Months have 30 days and years 365: it says how
// long to keep a copy, not when a birthday is. Negative ones say nothing.
func duration(value string) (time.Duration, error) {
	value = strings.TrimSpace(value)
	parts := durationForm.FindStringSubmatch(value)
	if parts == nil || strings.HasSuffix(value, "P") || strings.HasSuffix(value, "T") {
		return 0, errors.New(clip(value))
	}
	const day = 24 * time.Hour
	units := []time.Duration{365 * day, 30 * day, day, time.Hour, time.Minute, time.Second}
	var total time.Duration
	for i, unit := range units {
		n, _ := strconv.ParseInt("0"+parts[i+1], 10, 64)
		if n > int64((math.MaxInt64-total)/unit) {
			return math.MaxInt64, nil
		}
		total += time.Duration(n) * unit
	}
	return total, nil
}

// words gathers localised elements. Where a language is told twice the first
// is taken.
func words(parent *etree.Element, ns, name string, read func(string) string) Words {
	var w Words
	for _, el := range xmlsig.Children(parent, ns, name) {
		tag, _ := xmlsig.AttrNS(el, nsXML, "lang")
		tag = strings.ToLower(clip(tag))
		text := read(xmlsig.Text(el))
		if _, known := w[tag]; known || text == "" || len(w) >= most {
			continue
		}
		if w == nil {
			w = Words{}
		}
		w[tag] = text
	}
	return w
}

// plain is text on one line.
func plain(text string) string { return clip(strings.Join(strings.Fields(text), " ")) }
