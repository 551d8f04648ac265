<?php
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// A relying party on nothing but PHP, which checks what Nextcloud's user_oidc and
// the library php-jwt below it check, and reads JSON as they do. It goes through a
// log-in, a refresh and the log-out that it is told of, and tells the test about
// each step on a line of JSON.

set_error_handler(fn ($no, $why, $file, $line) => throw new ErrorException($why, 0, $no, $file, $line));
const DRIFT = 60;
$s = json_decode(getenv('SETTINGS'), false, 8, JSON_THROW_ON_ERROR);

function tell(string $step, array $what = []): void { echo json_encode(['step' => $step] + $what), "\n"; }
function hear(): string { return trim(fgets(STDIN)); }
function must(bool $right, string $what): void { if (!$right) { throw new RuntimeException($what); } }
function b64(string $text): string {
	must(preg_match('/^[A-Za-z0-9_-]*$/', $text) === 1, 'base64url');
	return base64_decode(strtr($text, '-_', '+/'), true);
}
function url64(string $raw): string { return rtrim(strtr(base64_encode($raw), '+/', '-_'), '='); }

function fetch(string $url, ?array $form = null, array $headers = []): stdClass {
	$c = curl_init($url);
	curl_setopt_array($c, [CURLOPT_RETURNTRANSFER => true, CURLOPT_TIMEOUT => 20, CURLOPT_HTTPHEADER => $headers]);
	if ($form !== null) { curl_setopt($c, CURLOPT_POSTFIELDS, http_build_query($form)); }
	$body = curl_exec($c);
	must(curl_getinfo($c, CURLINFO_RESPONSE_CODE) === 200, "$url: $body");
	return json_decode($body, false, 512, JSON_THROW_ON_ERROR);
}

// The keys that OpenSSL reads are DER: X.690, RFC 8017 appendix A.1.1, RFC 5480.
function der(int $tag, string $content): string {
	$n = strlen($content);
	$length = $n < 128 ? chr($n) : chr(0x80 + strlen($octets = ltrim(pack('N', $n), "\0"))) . $octets;
	return chr($tag) . $length . $content;
}
function integer(string $raw): string {
	$raw = ltrim($raw, "\0");
	return der(2, ord($raw[0] ?? "\0") > 0x7f || $raw === '' ? "\0" . $raw : $raw);
}
function pem(stdClass $key): string {
	$spki = $key->kty === 'RSA'
		? der(0x30, hex2bin('300d06092a864886f70d0101010500') . der(3, "\0" . der(0x30, integer(b64($key->n)) . integer(b64($key->e)))))
		: hex2bin('3059301306072a8648ce3d020106082a8648ce3d030107034200' . '04') . b64($key->x) . b64($key->y);
	return "-----BEGIN PUBLIC KEY-----\n" . chunk_split(base64_encode($spki), 64) . "-----END PUBLIC KEY-----\n";
}

// Every key is checked before the one that is meant is looked for.
function strong(stdClass $keys): void {
	foreach ($keys->keys as $key) {
		must(in_array($key->use ?? 'sig', ['sig'], true), 'use');
		must(preg_match('/^[A-Za-z0-9]+$/', $key->kid) === 1, 'kid');
		match ($key->kty) {
			'RSA' => must(strlen(b64($key->n)) >= 256, 'a short RSA key'),
			'EC' => must(in_array($key->crv, ['P-256', 'P-384'], true), $key->crv),
			'OKP' => must($key->crv === 'Ed25519', $key->crv),
		};
	}
}

function verified(string $token, stdClass $keys, string $alg): stdClass {
	[$head, $body, $signature] = explode('.', $token);
	$header = json_decode(b64($head), false, 8, JSON_THROW_ON_ERROR);
	must($header->alg === $alg, $header->alg);
	$meant = array_values(array_filter($keys->keys, fn ($key) => $key->kid === $header->kid));
	must(count($meant) === 1 && $meant[0]->alg === $alg, 'the key');
	$raw = b64($signature);
	if ($alg === 'ES256') {
		must(strlen($raw) === 64, 'the signature');
		$raw = der(0x30, integer(substr($raw, 0, 32)) . integer(substr($raw, 32)));
	}
	must(openssl_verify("$head.$body", $raw, pem($meant[0]), OPENSSL_ALGO_SHA256) === 1, 'the signature');
	return json_decode(b64($body), false, 512, JSON_THROW_ON_ERROR);
}

function checked(stdClass $claims, stdClass $s, ?string $nonce): stdClass {
	must($claims->exp > time() - DRIFT && $claims->iat < time() + DRIFT, 'exp, iat');
	must($claims->iss === $s->issuer, 'iss');
	must($claims->aud === $s->id || is_array($claims->aud) && in_array($s->id, $claims->aud, true), 'aud');
	must(!isset($claims->azp) || $claims->azp === $s->id, 'azp');
	must($nonce === null || $claims->nonce === $nonce, 'nonce');
	must(is_string($claims->sub) && is_string($claims->sid), 'sub, sid');
	return $claims;
}

$at = fetch($s->issuer . '/.well-known/openid-configuration');
must($at->issuer === $s->issuer, 'issuer');
must(in_array('S256', $at->code_challenge_methods_supported, true), 'S256');
must(in_array('client_secret_post', $at->token_endpoint_auth_methods_supported, true), 'client_secret_post');
must(!str_contains($at->end_session_endpoint, '?'), 'end_session_endpoint');
strong($keys = fetch($at->jwks_uri));

$nonce = bin2hex(random_bytes(16));
$state = bin2hex(random_bytes(16));
$verifier = bin2hex(random_bytes(64));
$wish = ['email' => null, 'name' => null, 'quota' => null, 'groups' => null];
tell('authorize', ['to' => $at->authorization_endpoint . '?' . http_build_query([
	'client_id' => $s->id, 'response_type' => 'code', 'scope' => $s->scope, 'redirect_uri' => $s->redirect,
	'claims' => json_encode(['id_token' => $wish, 'userinfo' => $wish]), 'state' => $state, 'nonce' => $nonce,
	'code_challenge' => url64(hash('sha256', $verifier, true)), 'code_challenge_method' => 'S256',
])]);
parse_str(hear(), $came);
must($came['state'] === $state, 'state');
$by = ['client_id' => $s->id, 'client_secret' => $s->secret];
$got = fetch($at->token_endpoint, $by + [
	'grant_type' => 'authorization_code', 'code' => $came['code'], 'redirect_uri' => $s->redirect, 'code_verifier' => $verifier,
]);
$claims = checked(verified($got->id_token, $keys, $s->alg), $s, $nonce);
must(is_array($claims->groups), 'groups');
tell('entered', ['claims' => $claims]);

$fresh = fetch($at->token_endpoint, $by + ['grant_type' => 'refresh_token', 'refresh_token' => $got->refresh_token]);
must(is_int($fresh->expires_in) && is_string($fresh->refresh_token), 'expires_in, refresh_token');
$again = checked(verified($fresh->id_token, $keys, $s->alg), $s, null);
$userinfo = fetch($at->userinfo_endpoint, null, ['Authorization: Bearer ' . $fresh->access_token]);
must($again->sub === $claims->sub && $userinfo->sub === $claims->sub, 'sub');
tell('refreshed');

$told = verified(hear(), $keys, $s->alg);
must(!isset($told->nonce) && isset($told->iat, $told->exp, $told->jti, $told->events), 'what a logout token has');
must(is_object($told->events) && (bool) $told->events->{'http://schemas.openid.net/event/backchannel-logout'}, 'events');
must(checked($told, $s, null)->sid === $claims->sid && $told->sub === $claims->sub, 'whose session');
tell('left');
