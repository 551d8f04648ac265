// SPDX-License-Identifier: AGPL-3.0-or-later

package idp_test

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/base64"
	"encoding/pem"
	"fmt"
	"io"
	"math/big"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"commonscloud.coop/clau/idp/directory"
	"commonscloud.coop/clau/idp/idptest"
)

// samlSite is a real SAML service provider with a page behind it.
type samlSite struct {
	URL     string
	Enter   string // where people are asked who they are, and then see the page
	Leave   string // where they log out of everything
	Service directory.Service
}

// samlKey is what a service provider signs with, in the forms that they want.
type samlKey struct{ key, cert string } // PEM

func newSAMLKey(t *testing.T) samlKey {
	t.Helper()
	private, err := rsa.GenerateKey(rand.Reader, 2048)
	check(t, err)
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "service"},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(24 * time.Hour),
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, private.Public(), private)
	check(t, err)
	pkcs8, err := x509.MarshalPKCS8PrivateKey(private)
	check(t, err)
	return samlKey{
		key:  string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: pkcs8})),
		cert: string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})),
	}
}

// files writes the key where a server finds it.
func (k samlKey) files(t *testing.T, dir string) (key, cert string) {
	t.Helper()
	key, cert = filepath.Join(dir, "service.key"), filepath.Join(dir, "service.crt")
	check(t, os.WriteFile(key, []byte(k.key), 0o644))
	check(t, os.WriteFile(cert, []byte(k.cert), 0o644))
	return key, cert
}

func fetch(t *testing.T, address string) []byte {
	t.Helper()
	answer, err := http.Get(address)
	check(t, err)
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	check(t, err)
	if answer.StatusCode != http.StatusOK {
		t.Fatalf("%s answered %d: %s", address, answer.StatusCode, text)
	}
	return text
}

var entityIDOf = regexp.MustCompile(`entityID="([^"]+)"`)

// samlService registers what a service provider says of itself.
func samlService(t *testing.T, clau *idptest.Clau, name, home string, metadata []byte, settings directory.SAMLSettings) directory.Service {
	t.Helper()
	found := entityIDOf.FindSubmatch(metadata)
	if found == nil {
		t.Fatalf("no entityID in %s", metadata)
	}
	if settings.Attributes == nil {
		settings.Attributes = []string{"name", "preferred_username", "email", "email_verified", "groups"}
	}
	s := directory.Service{
		ID: directory.ServiceID(uuid.NewString()), Name: directory.ServiceName(name), Title: name, URL: home,
		Collective: "ateneu", State: directory.Active, Access: directory.AccessPublic, Created: clau.Clock.Now(),
		SAML: &directory.SAMLProvider{EntityID: string(found[1]), Metadata: metadata, Settings: settings},
	}
	clau.AddService(t, s)
	return s
}

// startMellon is an Apache with mod_auth_mellon before a page that shows the
// headers it received.
func startMellon(t *testing.T, clau *idptest.Clau) samlSite {
	t.Helper()
	program := idptest.Program(t, "apache2")
	if _, err := os.Stat("/usr/lib/apache2/modules/mod_auth_mellon.so"); err != nil {
		t.Skip("mod_auth_mellon is not installed")
	}
	dir := t.TempDir()
	openToAll(t, dir)
	here := "http://" + idptest.FreeAddr(t)
	key, cert := newSAMLKey(t).files(t, dir)
	idp := filepath.Join(dir, "idp.xml")
	check(t, os.WriteFile(idp, fetch(t, clau.Issuer+"/saml/metadata"), 0o644))
	conf := filepath.Join(dir, "apache.conf")
	check(t, os.WriteFile(conf, []byte(mellonConf(dir, here, key, cert, idp, samlPage(t))), 0o644))
	idptest.Launch(t, t.Output(), exec.Command(program, "-DFOREGROUND", "-d", dir, "-f", conf))
	t.Cleanup(func() { showIfFailed(t, filepath.Join(dir, "error.log")) })
	idptest.Eventually(t, 20*time.Second, "apache listens", func() bool {
		return idptest.Answers(strings.TrimPrefix(here, "http://"))
	})
	return samlSite{
		URL: here, Enter: here + "/office", Leave: here + "/mellon/logout?ReturnTo=" + here + "/left",
		Service: samlService(t, clau, "mellon", here, fetch(t, here+"/mellon/metadata"), directory.SAMLSettings{}),
	}
}

func mellonConf(dir, here, key, cert, idp, behind string) string {
	var b strings.Builder
	for _, module := range []string{"mpm_event", "authn_core", "authz_core", "authz_user", "headers", "proxy", "proxy_http", "auth_mellon"} {
		fmt.Fprintf(&b, "LoadModule %s_module /usr/lib/apache2/modules/mod_%s.so\n", module, module)
	}
	if os.Getuid() == 0 {
		b.WriteString("User www-data\nGroup www-data\n")
	}
	fmt.Fprintf(&b, `
ServerName %[3]s
UseCanonicalName On
Listen %[2]s
DefaultRuntimeDir %[1]s
PidFile %[1]s/apache.pid
Mutex file:%[1]s default
ErrorLog %[1]s/error.log
LogLevel warn auth_mellon:debug
DocumentRoot %[1]s

ProxyPass /mellon/ !
ProxyPass / %[7]s/
<Location />
	Require all granted
	MellonEnable info
	MellonEndpointPath /mellon
	MellonSecureCookie Off
	MellonSPPrivateKeyFile %[4]s
	MellonSPCertFile %[5]s
	MellonIdPMetadataFile %[6]s
	MellonUser uid
	MellonRedirectDomains *
	RequestHeader set Saml-Uid "%%{MELLON_uid}e"
	RequestHeader set Saml-Mail "%%{MELLON_mail}e"
	RequestHeader set Saml-Groups "%%{MELLON_groups}e"
	RequestHeader set Saml-Name-Id "%%{MELLON_NAME_ID}e"
</Location>
<Location /office>
	AuthType Mellon
	MellonEnable auth
	Require valid-user
</Location>
`, dir, strings.TrimPrefix(here, "http://"), here, key, cert, idp, behind)
	return b.String()
}

// samlPage shows what a module hands on to the software behind it.
func samlPage(t *testing.T) string {
	t.Helper()
	page := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		if r.URL.Path == "/left" {
			fmt.Fprint(w, "<p>You have left.</p>")
			return
		}
		fmt.Fprint(w, `<p>You are in.</p>`)
		for name := range r.Header {
			if id, ok := strings.CutPrefix(name, "Saml-"); ok {
				fmt.Fprintf(w, "<p id=%q>%s</p>", strings.ToLower(id), r.Header.Get(name))
			}
		}
	}))
	t.Cleanup(page.Close)
	return page.URL
}

const simpleSAML = "/usr/share/simplesamlphp"

// startSimpleSAML is SimpleSAMLphp as a service provider, before a page that
// shows the attributes it received.
func startSimpleSAML(t *testing.T, clau *idptest.Clau) samlSite {
	t.Helper()
	program := idptest.Program(t, "php")
	if _, err := os.Stat(simpleSAML); err != nil {
		t.Skip("simplesamlphp is not installed")
	}
	dir, addr := t.TempDir(), idptest.FreeAddr(t)
	here := "http://" + addr
	site := filepath.Join(dir, "site")
	for _, d := range []string{site, filepath.Join(dir, "metadata"), filepath.Join(dir, "sessions"), filepath.Join(dir, "tmp"), filepath.Join(dir, "log")} {
		check(t, os.MkdirAll(d, 0o755))
	}
	newSAMLKey(t).files(t, dir)
	check(t, os.Symlink(simpleSAML+"/www", filepath.Join(site, "simplesaml")))
	check(t, os.WriteFile(filepath.Join(dir, "idp.xml"), fetch(t, clau.Issuer+"/saml/metadata"), 0o644))
	for name, text := range map[string]string{
		"config.php": simpleSAMLConfig, "authsources.php": simpleSAMLSource,
		"site/index.php": simpleSAMLPage, "site/left.php": "<p>You have left.</p>",
	} {
		text = strings.NewReplacer("@dir@", dir, "@here@", here, "@idp@", clau.Issuer+"/saml/metadata").Replace(text)
		check(t, os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644))
	}
	cmd := exec.Command(program, "-d", "error_reporting=0", "-d", "display_errors=0", "-S", addr, "-t", site)
	cmd.Env = append(os.Environ(), "SIMPLESAMLPHP_CONFIG_DIR="+dir)
	idptest.Launch(t, t.Output(), cmd)
	t.Cleanup(func() { showIfFailed(t, filepath.Join(dir, "log", "simplesamlphp.log")) })
	idptest.Eventually(t, 20*time.Second, "php listens", func() bool { return idptest.Answers(addr) })
	metadata := fetch(t, here+"/simplesaml/module.php/saml/sp/metadata.php/clau")
	return samlSite{
		URL: here, Enter: here + "/index.php", Leave: here + "/index.php?leave=1",
		Service: samlService(t, clau, "simplesaml", here, metadata, directory.SAMLSettings{}),
	}
}

const simpleSAMLConfig = `<?php
$config = [
	'baseurlpath' => '@here@/simplesaml/',
	'certdir' => '@dir@/', 'loggingdir' => '@dir@/log/', 'datadir' => '@dir@/', 'tempdir' => '@dir@/tmp',
	'metadatadir' => '@dir@/metadata/', 'attributenamemapdir' => '` + simpleSAML + `/attributemap/',
	'secretsalt' => 'only for this test', 'auth.adminpassword' => 'only for this test',
	'technicalcontact_name' => 'Test', 'technicalcontact_email' => 'test@example.org', 'timezone' => 'UTC',
	'trusted.url.domains' => null, 'enable.http_post' => true,
	'showerrors' => true, 'errorreporting' => false, 'debug' => ['saml' => true, 'backtraces' => true, 'validatexml' => false],
	'logging.level' => SimpleSAML\Logger::DEBUG, 'logging.handler' => 'file', 'logging.logfile' => 'simplesamlphp.log',
	'enable.saml20-idp' => false, 'module.enable' => ['core' => true, 'saml' => true],
	'session.cookie.secure' => false, 'session.cookie.samesite' => null, 'session.cookie.name' => 'SimpleSAMLSessionID',
	'session.phpsession.cookiename' => 'SimpleSAML', 'session.phpsession.savepath' => '@dir@/sessions',
	'session.phpsession.httponly' => true, 'session.authtoken.cookiename' => 'SimpleSAMLAuthToken',
	'language.cookie.secure' => false, 'language.cookie.samesite' => null,
	'language.available' => ['en'], 'language.default' => 'en', 'theme.use' => 'default',
	'store.type' => 'phpsession',
	'metadata.sources' => [['type' => 'xml', 'file' => '@dir@/idp.xml']],
	'metadata.sign.enable' => false,
];
`

const simpleSAMLSource = `<?php
$config = [
	'clau' => [
		'saml:SP',
		'entityID' => null, 'idp' => '@idp@',
		'privatekey' => 'service.key', 'certificate' => 'service.crt',
		'sign.authnrequest' => true, 'sign.logout' => true, 'redirect.sign' => true, 'redirect.validate' => true,
		'WantAssertionsSigned' => true,
		'NameIDPolicy' => ['Format' => 'urn:oasis:names:tc:SAML:2.0:nameid-format:persistent', 'AllowCreate' => true],
		'signature.algorithm' => 'http://www.w3.org/2001/04/xmldsig-more#rsa-sha256',
	],
];
`

const simpleSAMLPage = `<?php
require '` + simpleSAML + `/lib/_autoload.php';
$as = new \SimpleSAML\Auth\Simple('clau');
if (isset($_GET['leave'])) { $as->logout('@here@/left.php'); exit; }
$as->requireAuth();
echo '<p>You are in.</p>';
foreach ($as->getAttributes() as $name => $values) {
	echo '<p id="' . htmlspecialchars($name) . '">' . htmlspecialchars(implode(',', $values)) . '</p>';
}
$id = $as->getAuthData('saml:sp:NameID');
echo '<p id="name-id">' . htmlspecialchars($id->getValue()) . '</p>';
\SimpleSAML\Session::getSessionFromRequest()->cleanup();
`

// startNodeSAML is a service on the npm package node-saml.
func startNodeSAML(t *testing.T, clau *idptest.Clau) samlSite {
	t.Helper()
	addr := idptest.FreeAddr(t)
	here := "http://" + addr
	key := newSAMLKey(t)
	running := runScript(t, "node-saml.mjs", "PORT="+addr[strings.LastIndexByte(addr, ':')+1:], "URL="+here,
		"IDP_SSO="+clau.Issuer+"/saml/sso", "IDP_SLO="+clau.Issuer+"/saml/slo", "IDP_ENTITY="+clau.Issuer+"/saml/metadata",
		"IDP_CERT="+signingCert(t, clau), "KEY="+key.key, "CERT="+key.cert)
	var up struct{}
	running.next("listening", &up)
	return samlSite{
		URL: here, Enter: here + "/enter", Leave: here + "/leave",
		Service: samlService(t, clau, "node-saml", here, fetch(t, here+"/metadata"), directory.SAMLSettings{}),
	}
}

var certificateIn = regexp.MustCompile(`<(?:ds:)?X509Certificate[^>]*>([^<]+)<`)

// signingCert is Clau's, as an admin copies it out of the metadata. The first
// certificate is that of the document's own signature, the same one.
func signingCert(t *testing.T, clau *idptest.Clau) string {
	t.Helper()
	found := certificateIn.FindSubmatch(fetch(t, clau.Issuer+"/saml/metadata"))
	if found == nil {
		t.Fatal("no certificate in the metadata")
	}
	der, err := base64.StdEncoding.DecodeString(strings.Join(strings.Fields(string(found[1])), ""))
	check(t, err)
	return string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}))
}
