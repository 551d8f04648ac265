// SPDX-License-Identifier: AGPL-3.0-or-later

package config

// file is the configuration as it is written, key by key. Every key is
// explained in config.example.toml; a test keeps the two alike.
type file struct {
	Issuer         string   `toml:"issuer"`
	Listen         string   `toml:"listen"`
	SecretFile     string   `toml:"secret_file"`
	DataDir        string   `toml:"data_dir"`
	ThemeDir       string   `toml:"theme_dir"`
	TrustedProxies []string `toml:"trusted_proxies"`
	InnerNetworks  []string `toml:"inner_networks"`
	Contact        string   `toml:"contact"`

	TLS       tlsTable       `toml:"tls"`
	Directory directoryTable `toml:"directory"`
	State     stateTable     `toml:"state"`
	Mail      mailTable      `toml:"mail"`
	Log       logTable       `toml:"log"`
	Metrics   metricsTable   `toml:"metrics"`
}

type tlsTable struct {
	CertFile string    `toml:"cert_file"`
	KeyFile  string    `toml:"key_file"`
	ACME     acmeTable `toml:"acme"`
}

type acmeTable struct {
	AcceptTerms  bool   `toml:"accept_terms"`
	Email        string `toml:"email"`
	DirectoryURL string `toml:"directory_url"`
}

type directoryTable struct {
	URLs             []string `toml:"urls"`
	Base             string   `toml:"base"`
	BindDN           string   `toml:"bind_dn"`
	BindPasswordFile string   `toml:"bind_password_file"`
	StartTLS         bool     `toml:"start_tls"`
	CAFile           string   `toml:"ca_file"`
}

type stateTable struct {
	RedisURL          string `toml:"redis_url"`
	RedisPasswordFile string `toml:"redis_password_file"`
}

type mailTable struct {
	SMTPURL      string `toml:"smtp_url"`
	From         string `toml:"from"`
	PasswordFile string `toml:"password_file"`
	AliasDomain  string `toml:"alias_domain"`
}

type logTable struct {
	Level     string `toml:"level"`
	Format    string `toml:"format"`
	AuditFile string `toml:"audit_file"`
}

type metricsTable struct {
	Listen string `toml:"listen"`
}
