//! Certificates and assertions: what is taken, and what only looks like it.

use super::*;

/// Self-signed, RSA 2048, made for this test; its private key was thrown away.
const CERTIFICATE: &str = "\
-----BEGIN CERTIFICATE-----
MIIDKTCCAhGgAwIBAgIUW1bJmqANv371nhDvLq4t3v9VNSkwDQYJKoZIhvcNAQEL
BQAwIzEPMA0GA1UEAwwGTG9hZGVyMRAwDgYDVQQKDAdFeGFtcGxlMCAXDTI2MTEy
NDEyMjAwM1oYDzIxMjYxMDMxMTIyMDAzWjAjMQ8wDQYDVQQDDAZMb2FkZXIxEDAO
BgNVBAoMB0V4YW1wbGUwggEiMA0GCSqGSIb3DQEBAQUAA4IBDwAwggEKAoIBAQC2
WiqONUPmIYwLkdko4107ax+XQ7nUmF1WbCmBaBlvJjPmmbNmYDXOYZcDjSoMmHiZ
/um+OJk+H1EpLaHo7KvlM5UJIzX4pvXHPd0nqq4rsnEJ7CIaox1ZbQSo1QXEdMxF
6nUrnzUqgGfsopR334a0iOCcVTYHkLs5gpUGrOGw1Svt6DZyNmgKIT7UugZmcTMo
tycOZoBs9oDcMExf3tIlyWS7HAWt/rvS/S6EXikCse4d3tnRogUUbGPuCM/+1z1c
1HBWZwFAwGYno1KrTfM04eGIlc/wo2iHliKqWwZH9YIU3bLQBYmCE5POZukgTYwf
FKxm4Sz23pK+AEFT9RhVAgMBAAGjUzBRMB0GA1UdDgQWBBTACV3oo0x0rqhf3XTa
D6OgwY35wDAfBgNVHSMEGDAWgBTACV3oo0x0rqhf3XTaD6OgwY35wDAPBgNVHRMB
Af8EBTADAQH/MA0GCSqGSIb3DQEBCwUAA4IBAQB8wisZj+W1JvTX4Zfmb5Dfsc2a
NUwsLCQiG496ZwZ9gU2xOb8oLUgT+KOqwnrt8E1gjm0Uzq1G3XOOHRQpbv5ANDT7
LsPVVSE0d1GSPgid52hojAdu34rJKc3ShBszmtxxeqYaYAIB8g8ljyot0WvJk0tG
mQo+eMb2eMYli6XMGkWZNS3yQlyldKea6PsZaxB3n2FHoY23orDNruv+RGvBlt7N
9Gj2rLYhPYS/KNR2Gb9jUFnWvgmQqUaXmeqyUAyMDAezH5vROrCrr4rT+NRM/KZK
wLkolYevQnMpZ3VoncHqPRl6FUZzpjK/zAp1CP4d0cmQz+Kt4erVaUBF+6Qp
-----END CERTIFICATE-----";

/// The same with a key of another kind.
const OTHER_KIND: &str = "\
-----BEGIN CERTIFICATE-----
MIIBeDCCAR2gAwIBAgIUTNvmUdjFfD6ryA+CBVpuKTbtt7UwCgYIKoZIzj0EAwIw
EDEOMAwGA1UEAwwFU21hbGwwIBcNMjYxMTI0MTIyMDAzWhgPMjEyNjEwMzExMjIw
MDNaMBAxDjAMBgNVBAMMBVNtYWxsMFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE
+UktBwWmSHToTBKWnSNmuPPFz6iyLZEHSBIDFFpCG34x1vKSrfX8KAN/bZuDrx9m
kAq6hRGTFx5jvT+c1dlPQqNTMFEwHQYDVR0OBBYEFCaGwkCCpF2TavjDa1uDkSMa
AWuuMB8GA1UdIwQYMBaAFCaGwkCCpF2TavjDa1uDkSMaAWuuMA8GA1UdEwEB/wQF
MAMBAf8wCgYIKoZIzj0EAwIDSQAwRgIhANYxY1XKiK7BnZuktqSX7VvtLk1MFd8m
/9cGB3QC6NqMAiEAj3YPGUi2EAzGKBUU/NcOtTDojkNz2KOOvjfDFFMGWMo=
-----END CERTIFICATE-----";

/// A key pair, and its public half in PEM.
fn pair() -> (KeyPair, String) {
    let pair = KeyPair::generate(KeySize::Rsa2048).unwrap();
    let der: aws_lc_rs::encoding::PublicKeyX509Der<'_> = pair.public_key().as_der().unwrap();
    let body = STANDARD.encode(der.as_ref());
    let pem = format!("-----BEGIN PUBLIC KEY-----\n{body}\n-----END PUBLIC KEY-----\n");
    (pair, pem)
}

fn jwt(pair: &KeyPair, header: &Value, claims: &Value) -> String {
    let encode = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
    let signed = format!("{}.{}", encode(header), encode(claims));
    let mut signature = vec![0; pair.public_modulus_len()];
    let random = SystemRandom::new();
    pair.sign(
        &RSA_PKCS1_SHA256,
        &random,
        signed.as_bytes(),
        &mut signature,
    )
    .unwrap();
    format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature))
}

#[test]
fn a_certificate_says_whom_it_names_and_until_when() {
    let facts = read_certificate(CERTIFICATE).unwrap();
    assert!(facts.subject.contains("CN=Loader"), "{}", facts.subject);
    assert!(facts.not_after_ms.unwrap() > 4_000_000_000_000);
    assert_eq!(facts.fingerprint.len(), 16);
    let spaced = format!("\n\n{}\r\n", CERTIFICATE.replace('\n', "\r\n"));
    assert_eq!(read_certificate(&spaced).unwrap(), facts);
}

#[test]
fn what_is_no_certificate_is_refused_with_what_to_do() {
    let private = "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----";
    for wrong in ["", "hello", private, &CERTIFICATE[..600]] {
        let why = read_certificate(wrong).unwrap_err();
        assert!(why.contains("BEGIN CERTIFICATE"), "{why}");
    }
    assert!(read_certificate(OTHER_KIND).unwrap_err().contains("RSA"));
    assert!(
        read_certificate(&"x".repeat(20_000))
            .unwrap_err()
            .contains("16 kB")
    );
}

#[test]
fn an_assertion_counts_when_its_own_key_signed_it() {
    let (own, public) = pair();
    let (other, _) = pair();
    let header = json!({"alg": "RS256"});
    let claims = json!({"iss": "CID", "exp": 1});
    let good = Assertion::parse(&jwt(&own, &header, &claims)).unwrap();
    assert_eq!(good.payload, claims);
    assert!(good.is_signed_for(&public, 0));
    assert!(!good.is_signed_for(CERTIFICATE, 0));
    assert!(!good.is_signed_for("", 0));
    let forged = Assertion::parse(&jwt(&other, &header, &claims)).unwrap();
    assert!(!forged.is_signed_for(&public, 0));
    let text = jwt(&own, &header, &claims);
    let (signed, signature) = text.rsplit_once('.').unwrap();
    let (head, _) = signed.split_once('.').unwrap();
    let body = URL_SAFE_NO_PAD.encode(json!({"iss": "CID", "exp": 2}).to_string());
    let changed = Assertion::parse(&format!("{head}.{body}.{signature}")).unwrap();
    assert!(!changed.is_signed_for(&public, 0));
}

#[test]
fn a_jwt_without_a_true_signature_is_no_assertion() {
    let (own, _) = pair();
    for alg in ["none", "HS256", "rs256", "RS512", ""] {
        let text = jwt(&own, &json!({"alg": alg}), &json!({}));
        assert!(Assertion::parse(&text).is_none(), "{alg}");
    }
    for text in ["", "a.b.c", "..", "a.b", &"x.".repeat(20_000)] {
        assert!(Assertion::parse(text).is_none());
    }
}

#[test]
fn a_public_key_is_read_as_two_numbers() {
    let (own, _) = pair();
    let (n, e) = modulus_and_exponent(own.public_key().as_ref()).unwrap();
    assert_eq!((n.len(), e), (256, [1, 0, 1].as_slice()));
    for broken in [&[][..], &[0x30], &[0x30, 0x84, 1], &[0x30, 5, 2, 9, 1]] {
        assert_eq!(modulus_and_exponent(broken), None);
    }
}
