//! Just enough of tar: regular files with short names, written and read in a stream. Any tar
//! program lists and unpacks what is written here (POSIX ustar; sizes of 8 GiB and more as GNU
//! writes them).

use std::io::{self, Read, Write};

use aws_lc_rs::digest;

const BLOCK: usize = 512;

/// Longest path that fits a header without its prefix field.
const NAME_MAX: usize = 100;

/// The largest size that eleven octal digits hold.
const OCTAL_MAX: u64 = 0o77_777_777_777;

/// Writes an archive.
pub(super) struct Writer<W> {
    to: W,
}

impl<W: Write> Writer<W> {
    pub(super) fn new(to: W) -> Self {
        Self { to }
    }

    /// Adds a file of exactly this size and gives its SHA-256.
    pub(super) fn add(
        &mut self,
        path: &str,
        size: u64,
        mtime_s: u64,
        content: &mut impl Read,
    ) -> io::Result<digest::Digest> {
        self.to.write_all(&header(path, size, mtime_s)?)?;
        let mut hash = digest::Context::new(&digest::SHA256);
        let mut left = size;
        let mut buffer = vec![0; 64 * 1024];
        while left > 0 {
            let wanted = usize::try_from(left).unwrap_or(buffer.len());
            let wanted = wanted.min(buffer.len());
            let read = content.read(&mut buffer[..wanted])?;
            if read == 0 {
                return Err(io::Error::new(
                    io::ErrorKind::UnexpectedEof,
                    "it became shorter while it was read",
                ));
            }
            hash.update(&buffer[..read]);
            self.to.write_all(&buffer[..read])?;
            left -= read as u64;
        }
        self.to.write_all(&[0; BLOCK][..padding(size)])?;
        Ok(hash.finish())
    }

    /// Ends the archive and gives back where it went.
    pub(super) fn finish(mut self) -> io::Result<W> {
        self.to.write_all(&[0; 2 * BLOCK])?;
        self.to.flush()?;
        Ok(self.to)
    }
}

/// Reads an archive.
pub(super) struct Reader<R> {
    from: R,
    /// Of the present entry, with its padding.
    left: u64,
    padding: usize,
    has_ended: bool,
}

/// An entry's header.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Entry {
    pub(super) path: String,
    pub(super) size: u64,
}

impl<R: Read> Reader<R> {
    pub(super) fn new(from: R) -> Self {
        Self {
            from,
            left: 0,
            padding: 0,
            has_ended: false,
        }
    }

    /// The next entry, whose content is read with [`Reader::copy`]; `None` at the end.
    pub(super) fn next(&mut self) -> io::Result<Option<Entry>> {
        if self.has_ended {
            return Ok(None);
        }
        let mut block = [0; BLOCK];
        self.from.read_exact(&mut block)?;
        if block == [0; BLOCK] {
            self.from.read_exact(&mut block)?;
            self.has_ended = true;
            return match block == [0; BLOCK] {
                true => Ok(None),
                false => Err(invalid("there is something after its end")),
            };
        }
        let entry = read_header(&block)?;
        self.left = entry.size;
        self.padding = padding(entry.size);
        Ok(Some(entry))
    }

    /// Copies the present entry's content and gives its SHA-256.
    pub(super) fn copy(&mut self, to: &mut impl Write) -> io::Result<digest::Digest> {
        let mut hash = digest::Context::new(&digest::SHA256);
        let mut buffer = vec![0; 64 * 1024];
        while self.left > 0 {
            let wanted = usize::try_from(self.left).unwrap_or(buffer.len());
            let wanted = wanted.min(buffer.len());
            self.from.read_exact(&mut buffer[..wanted])?;
            hash.update(&buffer[..wanted]);
            to.write_all(&buffer[..wanted])?;
            self.left -= wanted as u64;
        }
        let mut rest = [0; BLOCK];
        self.from.read_exact(&mut rest[..self.padding])?;
        Ok(hash.finish())
    }
}

/// Is it a path below the folder that it is unpacked in, by names that any system takes?
pub(super) fn is_safe(path: &str) -> bool {
    let is_name = |name: &str| {
        !name.is_empty() && name != "." && name != ".." && !name.contains(['\\', '\0', ':'])
    };
    path.len() <= NAME_MAX && path.split('/').all(is_name)
}

fn header(path: &str, size: u64, mtime_s: u64) -> io::Result<[u8; BLOCK]> {
    if !is_safe(path) {
        return Err(invalid("its path is too long or has odd characters"));
    }
    let mut block = [0; BLOCK];
    let mut put = |at: usize, text: &[u8]| block[at..at + text.len()].copy_from_slice(text);
    put(0, path.as_bytes());
    put(100, b"0000600\0");
    put(108, b"0000000\0");
    put(116, b"0000000\0");
    match size <= OCTAL_MAX {
        true => put(124, format!("{size:011o}\0").as_bytes()),
        false => {
            put(124, &[0x80, 0, 0, 0]);
            put(128, &size.to_be_bytes());
        }
    }
    put(136, format!("{:011o}\0", mtime_s.min(OCTAL_MAX)).as_bytes());
    put(148, b"        ");
    put(156, b"0");
    put(257, b"ustar\x0000");
    let sum = checksum(&block);
    block[148..156].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
    Ok(block)
}

fn read_header(block: &[u8; BLOCK]) -> io::Result<Entry> {
    let stored = octal(&block[148..156]).ok_or_else(|| invalid("a header is damaged"))?;
    let mut blank = *block;
    blank[148..156].fill(b' ');
    if u64::from(checksum(&blank)) != stored {
        return Err(invalid("a header is damaged"));
    }
    let is_file = matches!(block[156], b'0' | 0) && block[345] == 0;
    let name = block[..NAME_MAX].split(|byte| *byte == 0).next();
    let path = name.and_then(|name| std::str::from_utf8(name).ok());
    let path = path.filter(|path| is_file && is_safe(path));
    let path = path.ok_or_else(|| invalid("it has an entry that no backup has"))?;
    let size = match block[124] {
        0x80 => {
            let mut bytes = [0; 8];
            bytes.copy_from_slice(&block[128..136]);
            Some(u64::from_be_bytes(bytes))
        }
        _ => octal(&block[124..136]),
    };
    Ok(Entry {
        path: path.to_owned(),
        size: size.ok_or_else(|| invalid("a header is damaged"))?,
    })
}

fn octal(field: &[u8]) -> Option<u64> {
    let text = std::str::from_utf8(field).ok()?;
    u64::from_str_radix(text.trim_matches(['\0', ' ']), 8).ok()
}

fn checksum(block: &[u8; BLOCK]) -> u32 {
    block.iter().map(|byte| u32::from(*byte)).sum()
}

fn padding(size: u64) -> usize {
    let over = (size % BLOCK as u64) as usize;
    (BLOCK - over) % BLOCK
}

fn invalid(why: &'static str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, why)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn archive(files: &[(&str, &[u8])]) -> Vec<u8> {
        let mut writer = Writer::new(Vec::new());
        for (path, content) in files {
            let mut content = *content;
            let size = content.len() as u64;
            writer.add(path, size, 1_790_000_000, &mut content).unwrap();
        }
        writer.finish().unwrap()
    }

    fn read(archive: &[u8]) -> io::Result<Vec<(String, Vec<u8>)>> {
        let mut reader = Reader::new(archive);
        let mut files = Vec::new();
        while let Some(entry) = reader.next()? {
            let mut content = Vec::new();
            reader.copy(&mut content)?;
            files.push((entry.path, content));
        }
        Ok(files)
    }

    #[test]
    fn what_was_written_is_read_back() {
        let long = vec![7; 100_000];
        let files: [(&str, &[u8]); 3] = [("a", b""), ("b/c.json", b"{}"), ("d", &long)];
        let archive = archive(&files);
        assert_eq!(archive.len() % BLOCK, 0);
        let back = read(&archive).unwrap();
        assert_eq!(back.len(), 3);
        for ((path, content), (known, bytes)) in back.iter().zip(files) {
            assert_eq!((path.as_str(), content.as_slice()), (known, bytes));
        }
    }

    #[test]
    fn the_systems_tar_reads_it() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("a.tar");
        std::fs::write(&file, archive(&[("b/c.txt", b"hello")])).unwrap();
        let listed = std::process::Command::new("tar")
            .arg("-xOf")
            .arg(&file)
            .output();
        if let Ok(listed) = listed {
            assert_eq!(listed.stdout, b"hello");
        }
    }

    #[test]
    fn an_archive_that_was_cut_anywhere_is_refused() {
        let whole = archive(&[("a", b"x"), ("b", &[1; 600])]);
        for length in (0..whole.len()).step_by(97) {
            assert!(read(&whole[..length]).is_err(), "{length}");
        }
    }

    #[test]
    fn paths_that_lead_elsewhere_are_refused() {
        for path in ["../a", "/a", "a//b", "a/../b", "", ".", "a\\b", "c:a"] {
            assert!(!is_safe(path), "{path}");
            assert!(header(path, 0, 0).is_err());
        }
        let mut bad = archive(&[("aa/evil", b"x")]);
        bad[0] = b'.';
        bad[1] = b'.';
        let mut block: [u8; BLOCK] = bad[..BLOCK].try_into().unwrap();
        block[148..156].fill(b' ');
        let sum = checksum(&block);
        bad[148..156].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
        let refused = read(&bad).unwrap_err();
        assert!(refused.to_string().contains("no backup has"), "{refused}");
    }

    #[test]
    fn a_size_beyond_eight_gibibytes_is_kept() {
        let size = 9 << 30;
        let block = header("large", size, 0).unwrap();
        assert_eq!(read_header(&block).unwrap().size, size);
    }
}
