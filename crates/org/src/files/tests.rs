//! Files: names from everywhere, contents that are not what they say.

use super::*;

const PNG: &[u8] = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR";

#[test]
fn a_file_is_what_its_name_and_its_content_say_together() {
    for (name, head, file_type, media_type, preview) in [
        ("a.png", PNG, "PNG", "image/png", Preview::Image),
        (
            "A.JPEG",
            b"\xff\xd8\xff\xe0",
            "JPG",
            "image/jpeg",
            Preview::Image,
        ),
        (
            "a.pdf",
            b"%PDF-1.7\n",
            "PDF",
            "application/pdf",
            Preview::None,
        ),
        (
            "a.wav",
            b"RIFF\0\0\0\0WAVEfmt ",
            "WAV",
            "audio/wav",
            Preview::Audio,
        ),
        (
            "a.mp3",
            b"\xff\xfb\x90\x44\0",
            "MP3",
            "audio/mpeg",
            Preview::Audio,
        ),
        (
            "a.m4a",
            b"\0\0\0\x20ftypM4A ",
            "M4A",
            "audio/mp4",
            Preview::Audio,
        ),
        (
            "a.mp4",
            b"\0\0\0\x20ftypisom",
            "MP4",
            "video/mp4",
            Preview::Video,
        ),
        (
            "a.txt",
            "Grüße".as_bytes(),
            "TEXT",
            "text/plain; charset=utf-8",
            Preview::None,
        ),
        (
            "a.csv",
            b"a,b\n1,2\n",
            "CSV",
            "text/csv; charset=utf-8",
            Preview::None,
        ),
        (
            "empty.txt",
            b"",
            "TEXT",
            "text/plain; charset=utf-8",
            Preview::None,
        ),
        // Without a name that says it, the content does.
        ("scan", PNG, "PNG", "image/png", Preview::Image),
        (
            "scan.xyz",
            b"%PDF-1.4",
            "PDF",
            "application/pdf",
            Preview::None,
        ),
        (
            "notes.xyz",
            b"hello",
            "UNKNOWN",
            "application/octet-stream",
            Preview::None,
        ),
    ] {
        let facts = recognise(name, head);
        let found = (facts.file_type, facts.media_type, facts.preview);
        assert_eq!(found, (file_type, media_type, preview), "{name}");
    }
    assert_eq!(recognise("a.docx", b"PK\x03\x04").file_type, "WORD_X");
    assert_eq!(
        recognise("a.xls", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1").file_type,
        "EXCEL"
    );
}

#[test]
fn what_a_browser_could_run_is_bytes_whatever_it_is_called() {
    let html = b"<!DOCTYPE html><script>alert(1)</script>";
    let svg = b"\xef\xbb\xbf  <svg xmlns='http://www.w3.org/2000/svg' onload='x()'>";
    let gif_and_script = b"GIF89a/*\0\0*/=1;alert(1)";
    for (name, head) in [
        ("a.html", html.as_slice()),
        ("a.svg", svg),
        ("a.png", html),
        ("a.txt", html),
        ("a.csv", svg),
        ("a.pdf", html),
        ("a.xml", b"<?xml version='1.0'?>"),
        ("a.js", b"alert(1)"),
        ("a", html),
        ("a.png", b"MZ\x90\0"),
        ("a.jpg", PNG),
        ("a.html", gif_and_script),
    ] {
        let facts = recognise(name, head);
        assert_eq!(facts.media_type, "application/octet-stream", "{name}");
        assert_eq!(facts.preview, Preview::None, "{name}");
    }
    assert_eq!(recognise("a.html", html).file_type, "HTML");
    assert_eq!(recognise("a.png", html).file_type, "UNKNOWN");
    // A picture that is a script too is a picture, and called nothing else.
    assert_eq!(recognise("a.gif", gif_and_script).media_type, "image/gif");
}

#[test]
fn any_bytes_and_any_name_are_something() {
    let mut seed = 7_u64;
    let mut next = || {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        u8::try_from(seed >> 56).unwrap_or(0)
    };
    let names = [
        "a.png",
        "a.pdf",
        "a.txt",
        "a.svg",
        ".",
        "..",
        "a.",
        ".png",
        "a.\u{0}png",
        "",
    ];
    for round in 0..2_000 {
        let length = usize::from(next()) % 40;
        let head: Vec<u8> = (0..length).map(|_| next()).collect();
        let facts = recognise(names[round % names.len()], &head);
        assert!(!facts.media_type.contains("html") && !facts.media_type.contains("svg"));
        let header = attachment_header(&String::from_utf8_lossy(&head), &facts.extension);
        assert!(header.starts_with("attachment; filename=\""), "{header}");
        assert!(
            header.bytes().all(|b| (b' '..=b'~').contains(&b)),
            "{header}"
        );
        assert_eq!(header.matches('"').count(), 2, "{header}");
    }
}

#[test]
fn of_a_path_its_last_part_is_the_name() {
    for (path, name, extension, title) in [
        ("/C:/Users/ann/Offer.PDF", "Offer.PDF", "pdf", "Offer"),
        (
            r"C:\Users\ann\Offer 2.docx",
            "Offer 2.docx",
            "docx",
            "Offer 2",
        ),
        ("../../etc/passwd", "passwd", "", "passwd"),
        ("..", "", "", ""),
        ("a/..", "", "", ""),
        (".htaccess", ".htaccess", "", ".htaccess"),
        ("archive.tar.gz", "archive.tar.gz", "gz", "archive.tar"),
        ("a\u{202e}fdp.exe", "afdp.exe", "exe", "afdp"),
        (
            "a\r\nSet-Cookie: x.txt",
            "aSet-Cookie: x.txt",
            "txt",
            "aSet-Cookie: x",
        ),
        (
            "no.extension at all",
            "no.extension at all",
            "",
            "no.extension at all",
        ),
    ] {
        assert_eq!(base_name(path), name, "{path}");
        assert_eq!(extension_of(path), extension, "{path}");
        assert_eq!(title_of(path), title, "{path}");
    }
}

#[test]
fn a_name_cannot_leave_its_header() {
    assert_eq!(
        attachment_header("Angebot für \"Zoë\"", "pdf"),
        "attachment; filename=\"Angebot f_r _Zo__.pdf\"; \
         filename*=UTF-8''Angebot%20f%C3%BCr%20%22Zo%C3%AB%22.pdf"
    );
    assert_eq!(
        attachment_header("a\r\nX: y", "txt"),
        "attachment; filename=\"aX: y.txt\"; filename*=UTF-8''aX%3A%20y.txt"
    );
    assert!(attachment_header("", "").contains("filename=\"file\""));
    assert!(attachment_header("a.txt", "txt").contains("filename=\"a.txt\""));
}

#[test]
fn sizes_are_said_in_words() {
    for (bytes, words) in [
        (0, "0 bytes"),
        (1, "1 byte"),
        (1_023, "1023 bytes"),
        (1_024, "1 KB"),
        (1_536, "1.5 KB"),
        (12 * 1_024, "12 KB"),
        (FILE_BYTES_MAX, "100 MB"),
        (10 * 1_024 * 1_024 * 1_024, "10 GB"),
        (u64::MAX, "1677721 TB"),
    ] {
        assert_eq!(size_in_words(bytes), words);
    }
}

#[test]
fn parts_are_read_as_the_standard_says() {
    let part = |from, length| Wanted::Part { from, length };
    for (range, expected) in [
        (None, Wanted::All),
        (Some("bytes=0-0"), part(0, 1)),
        (Some("bytes=2-5"), part(2, 4)),
        (Some("bytes=2-"), part(2, 8)),
        (Some("bytes=2-99"), part(2, 8)),
        (Some("bytes=-3"), part(7, 3)),
        (Some("bytes=-99"), part(0, 10)),
        (Some("bytes=10-"), Wanted::Nothing),
        (Some("bytes=-0"), Wanted::Nothing),
        (Some("bytes=99999999999999999999-"), Wanted::Nothing),
        (Some("bytes=0-99999999999999999999"), part(0, 10)),
        (Some("bytes=5-2"), Wanted::All),
        (Some("bytes=0-1,4-5"), Wanted::All),
        (Some("bytes=-"), Wanted::All),
        (Some("bytes=a-b"), Wanted::All),
        (Some("lines=0-1"), Wanted::All),
        (Some(""), Wanted::All),
    ] {
        assert_eq!(wanted(range, 10), expected, "{range:?}");
    }
    assert_eq!(wanted(Some("bytes=0-0"), 0), Wanted::Nothing);
}
