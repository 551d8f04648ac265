// SPDX-License-Identifier: AGPL-3.0-or-later

package main

import (
	"context"
	"crypto/sha256"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"slices"
	"strings"
	"time"

	"commonscloud.coop/clau/idp/directory"
	"commonscloud.coop/clau/idp/keys"
)

// certificateView is a certificate as commands print it.
type certificateView struct {
	ID          directory.KeyID `json:"id"`
	Use         string          `json:"use"` // signing, published, withdrawn
	Created     time.Time       `json:"created"`
	Signs       time.Time       `json:"signs_from,omitzero"` // when it was last made the one that signs
	Withdrawn   time.Time       `json:"withdrawn,omitzero"`
	Expires     time.Time       `json:"valid_until"`
	Fingerprint string          `json:"sha256"`
	pem         string
}

// viewCertificates lists those of the directory, the one that signs first.
func viewCertificates(stored []directory.Key) []certificateView {
	views := []certificateView{}
	for _, k := range stored {
		x, err := x509.ParseCertificate(k.Public)
		if k.Algorithm != keys.SAML || err != nil {
			continue
		}
		v := certificateView{
			ID: k.ID, Use: "published", Created: k.Created, Signs: k.Activates, Withdrawn: k.Retires, Expires: x.NotAfter,
			Fingerprint: fingerprint(x.Raw), pem: string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: x.Raw})),
		}
		if k.State != directory.Active {
			v.Use = "withdrawn"
		}
		views = append(views, v)
	}
	slices.SortFunc(views, func(x, y certificateView) int {
		if c := strings.Compare(x.Use, y.Use); c != 0 {
			return c // published, withdrawn
		}
		return y.Signs.Compare(x.Signs)
	})
	if len(views) > 0 && views[0].Use == "published" && !views[0].Signs.IsZero() {
		views[0].Use = "signing"
	}
	return views
}

// fingerprint is as other programs print it, for people to compare.
func fingerprint(der []byte) string {
	sum := sha256.Sum256(der)
	return strings.ReplaceAll(fmt.Sprintf("% X", sum), " ", ":")
}

func (a *app) listCertificates(ctx context.Context, d directory.Keys) error {
	stored, err := d.ListKeys(ctx)
	if err != nil {
		return err
	}
	views := viewCertificates(stored)
	if a.json {
		return a.printJSON(views)
	}
	rows := [][]string{}
	for _, v := range views {
		rows = append(rows, []string{string(v.ID), v.Use, moment(v.Created), moment(v.Signs), moment(v.Expires), v.Fingerprint})
	}
	return a.printTable([]string{"ID", "USE", "PUBLISHED FROM", "SIGNS FROM", "VALID UNTIL", "SHA-256"}, rows)
}

func certificateNames(ctx context.Context, d directory.Backend) []string {
	stored, err := d.ListKeys(ctx)
	if err != nil {
		return nil
	}
	var names []string
	for _, v := range viewCertificates(stored) {
		names = append(names, string(v.ID)+"\t"+v.Use)
	}
	return names
}
