//! What a file is. The platform's `FileType` follows the extension; here it does so only as long
//! as the content does not say something else.

use super::extension_of;

/// Bytes of the beginning of a content by which it is recognised.
pub const HEAD_BYTES: usize = 4_096;

/// What is known of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileFacts {
    /// The platform's word: `PDF`, `PNG`, `WORD_X`, `TEXT`, `UNKNOWN`.
    pub file_type: &'static str,
    /// Small letters, without the dot; may be empty.
    pub extension: String,
    /// What a browser is told that it is.
    pub media_type: &'static str,
    /// Whether it can be shown in a page.
    pub preview: Preview,
}

/// How a content may be shown in a page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names speak for themselves")]
pub enum Preview {
    None,
    Image,
    Audio,
    Video,
}

/// What the bytes say.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Family {
    Png,
    Jpeg,
    Gif,
    Webp,
    Bmp,
    Tiff,
    Pdf,
    Wav,
    Mp3,
    Ogg,
    Flac,
    Mp4,
    Webm,
    Avi,
    /// ZIP archives, and the office documents that are some.
    Zip,
    /// Office documents before 2007.
    Compound,
    Gzip,
    SevenZip,
    Rar,
    Rtf,
    /// Text that a browser could run: HTML, XML, SVG.
    Markup,
    /// Other text.
    Text,
    /// Anything else.
    Bytes,
}

/// An extension: the platform's type, what its content looks like, and what a browser is told.
type Known = (&'static str, &'static str, Family, &'static str);

/// What a browser is told of a content that it is to keep its hands off.
const BYTES: &str = "application/octet-stream";

/// The extensions that the platform has words for, and some more.
const KNOWN: &[Known] = &[
    ("png", "PNG", Family::Png, "image/png"),
    ("jpg", "JPG", Family::Jpeg, "image/jpeg"),
    ("jpeg", "JPG", Family::Jpeg, "image/jpeg"),
    ("jpe", "JPG", Family::Jpeg, "image/jpeg"),
    ("gif", "GIF", Family::Gif, "image/gif"),
    ("webp", "WEBP", Family::Webp, "image/webp"),
    ("bmp", "BMP", Family::Bmp, "image/bmp"),
    ("tif", "TIFF", Family::Tiff, "image/tiff"),
    ("tiff", "TIFF", Family::Tiff, "image/tiff"),
    ("pdf", "PDF", Family::Pdf, "application/pdf"),
    ("wav", "WAV", Family::Wav, "audio/wav"),
    ("mp3", "MP3", Family::Mp3, "audio/mpeg"),
    ("ogg", "OGG", Family::Ogg, "audio/ogg"),
    ("oga", "OGG", Family::Ogg, "audio/ogg"),
    ("opus", "OGG", Family::Ogg, "audio/ogg"),
    ("flac", "FLAC", Family::Flac, "audio/flac"),
    ("m4a", "M4A", Family::Mp4, "audio/mp4"),
    ("mp4", "MP4", Family::Mp4, "video/mp4"),
    ("m4v", "M4V", Family::Mp4, "video/mp4"),
    ("mov", "MOV", Family::Mp4, "video/quicktime"),
    ("webm", "WEBM", Family::Webm, "video/webm"),
    ("avi", "AVI", Family::Avi, "video/x-msvideo"),
    ("zip", "ZIP", Family::Zip, "application/zip"),
    ("docx", "WORD_X", Family::Zip, WORD),
    ("docm", "WORD_X", Family::Zip, BYTES),
    ("xlsx", "EXCEL_X", Family::Zip, EXCEL),
    ("xlsm", "EXCEL_X", Family::Zip, BYTES),
    ("pptx", "POWER_POINT_X", Family::Zip, POWER_POINT),
    ("doc", "WORD", Family::Compound, "application/msword"),
    ("dot", "WORD_T", Family::Compound, "application/msword"),
    ("xls", "EXCEL", Family::Compound, "application/vnd.ms-excel"),
    (
        "ppt",
        "POWER_POINT",
        Family::Compound,
        "application/vnd.ms-powerpoint",
    ),
    (
        "msg",
        "OUTLOOK",
        Family::Compound,
        "application/vnd.ms-outlook",
    ),
    ("gz", "GZIP", Family::Gzip, "application/gzip"),
    (
        "7z",
        "SEVENZIP",
        Family::SevenZip,
        "application/x-7z-compressed",
    ),
    ("rar", "RAR", Family::Rar, "application/vnd.rar"),
    ("rtf", "RTF", Family::Rtf, "application/rtf"),
    ("txt", "TEXT", Family::Text, "text/plain; charset=utf-8"),
    ("log", "TEXT", Family::Text, "text/plain; charset=utf-8"),
    ("md", "TEXT", Family::Text, "text/plain; charset=utf-8"),
    ("csv", "CSV", Family::Text, "text/csv; charset=utf-8"),
    ("json", "JSON", Family::Text, "application/json"),
    ("ics", "ICS", Family::Text, "text/calendar; charset=utf-8"),
    ("vcf", "VCF", Family::Text, "text/vcard; charset=utf-8"),
    ("eml", "EML", Family::Text, BYTES),
    ("js", "JS", Family::Text, BYTES),
    ("css", "CSS", Family::Text, BYTES),
    ("html", "HTML", Family::Markup, BYTES),
    ("htm", "HTML", Family::Markup, BYTES),
    ("xhtml", "HTML", Family::Markup, BYTES),
    ("xml", "XML", Family::Markup, BYTES),
    ("svg", "SVG", Family::Markup, BYTES),
];

const WORD: &str = "application/vnd.openxmlformats-officedocument.wordprocessingml.document";
const EXCEL: &str = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";
const POWER_POINT: &str =
    "application/vnd.openxmlformats-officedocument.presentationml.presentation";

/// What the file is whose name is the last part of this path and whose content begins so
/// (its first [`HEAD_BYTES`], or all of it). A content that is not what its extension says is
/// `UNKNOWN` and bytes to a browser.
pub fn recognise(path: &str, head: &[u8]) -> FileFacts {
    let extension = extension_of(path);
    let family = family_of(head);
    let named = KNOWN.iter().find(|known| known.0 == extension);
    let known = match named {
        Some(known) if known.2 == family => Some(known),
        Some(_) => None,
        // A name that says nothing: the content speaks, unless it is text of any kind.
        None if matches!(family, Family::Text | Family::Markup | Family::Bytes) => None,
        None => KNOWN.iter().find(|known| known.2 == family),
    };
    let (file_type, media_type, is_shown) = match (known, named) {
        (Some(known), _) => (known.1, known.3, known.2 == family),
        // Short of its kind, as an empty `.html`: the platform's type stays, nothing is shown.
        (None, Some(named)) if named.2 == Family::Markup && family == Family::Text => {
            (named.1, BYTES, false)
        }
        (None, _) => ("UNKNOWN", BYTES, false),
    };
    let preview = match family {
        Family::Png | Family::Jpeg | Family::Gif | Family::Webp => Preview::Image,
        Family::Wav | Family::Mp3 | Family::Ogg | Family::Flac => Preview::Audio,
        Family::Mp4 if media_type.starts_with("audio/") => Preview::Audio,
        Family::Mp4 | Family::Webm => Preview::Video,
        _ => Preview::None,
    };
    FileFacts {
        file_type,
        extension,
        media_type,
        preview: match is_shown {
            true => preview,
            false => Preview::None,
        },
    }
}

fn family_of(head: &[u8]) -> Family {
    let at = |place: usize, magic: &[u8]| {
        head.get(place..place + magic.len())
            .is_some_and(|found| found == magic)
    };
    let magics: [(&[u8], Family); 16] = [
        (b"\x89PNG\r\n\x1a\n", Family::Png),
        (b"\xff\xd8\xff", Family::Jpeg),
        (b"GIF87a", Family::Gif),
        (b"GIF89a", Family::Gif),
        (b"II*\0", Family::Tiff),
        (b"MM\0*", Family::Tiff),
        (b"%PDF-", Family::Pdf),
        (b"ID3", Family::Mp3),
        (b"OggS", Family::Ogg),
        (b"fLaC", Family::Flac),
        (b"\x1a\x45\xdf\xa3", Family::Webm),
        (b"PK\x03\x04", Family::Zip),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", Family::Compound),
        (b"\x1f\x8b", Family::Gzip),
        (b"7z\xbc\xaf\x27\x1c", Family::SevenZip),
        (b"Rar!\x1a\x07", Family::Rar),
    ];
    if let Some((_, family)) = magics.iter().find(|(magic, _)| at(0, magic)) {
        return *family;
    }
    if at(0, b"RIFF") {
        return match head.get(8..12) {
            Some(b"WEBP") => Family::Webp,
            Some(b"WAVE") => Family::Wav,
            Some(b"AVI ") => Family::Avi,
            _ => Family::Bytes,
        };
    }
    if at(4, b"ftyp") {
        return Family::Mp4;
    }
    if at(0, b"PK\x05\x06") {
        return Family::Zip;
    }
    if at(0, b"{\\rtf") {
        return Family::Rtf;
    }
    // A frame of sound without a title before it: eleven bits set, and the third layer.
    if let [0xff, second, ..] = head
        && second & 0xe6 == 0xe2
        && head.len() > 4
    {
        return Family::Mp3;
    }
    if at(0, b"BM") && head.get(6..10) == Some(&[0; 4]) {
        return Family::Bmp;
    }
    text_family(head)
}

fn text_family(head: &[u8]) -> Family {
    let head = head.strip_prefix(b"\xef\xbb\xbf").unwrap_or(head);
    // A character may be cut in two at the end.
    let text = match std::str::from_utf8(head) {
        Ok(text) => text,
        Err(error) if error.error_len().is_none() && head.len() >= HEAD_BYTES - 3 => {
            std::str::from_utf8(&head[..error.valid_up_to()]).unwrap_or_default()
        }
        Err(_) => return Family::Bytes,
    };
    let is_odd = |c: char| c.is_control() && !matches!(c, '\n' | '\r' | '\t' | '\x0c' | '\x1b');
    if text.chars().any(is_odd) {
        return Family::Bytes;
    }
    match text.trim_start().starts_with('<') {
        true => Family::Markup,
        false => Family::Text,
    }
}
