//! A query cut into ranges of ids, so that each is answered soon: what the platform calls PK
//! chunking.

use super::BulkRefusal;
use crate::RecordId;
use crate::soql::ast::{Condition, Expr, Item, Query};
use crate::soql::parse;

/// Ids in one chunk where the client names no number.
pub const CHUNK_IDS: u64 = 100_000;

/// The most ids in one chunk.
pub const CHUNK_IDS_MAX: u64 = 250_000;

/// Chunks of one query.
const CHUNKS_MAX: u64 = 4_000;

/// Reads the header `Sforce-Enable-PKChunking`: `true`, or `chunkSize=50000; startRow=…`. None
/// where it asks for no chunks.
pub fn chunk_ids(header: &str) -> Result<Option<u64>, BulkRefusal> {
    let header = header.trim();
    if header.is_empty() || header.eq_ignore_ascii_case("false") {
        return Ok(None);
    }
    let pairs = header.split(';').filter_map(|pair| pair.split_once('='));
    for (name, value) in pairs {
        if name.trim().eq_ignore_ascii_case("chunkSize") {
            let size = value.trim().parse::<u64>().ok();
            let size = size.filter(|size| (1..=CHUNK_IDS_MAX).contains(size));
            return size.map(Some).ok_or_else(|| {
                let words = format!("chunkSize must be between 1 and {CHUNK_IDS_MAX}");
                BulkRefusal::new("INVALIDJOB", words)
            });
        }
    }
    Ok(Some(CHUNK_IDS))
}

/// The queries of the chunks: each takes the records whose ids lie in its range, from the first
/// id to the last.
pub fn chunks(
    soql: &str,
    first: &RecordId,
    last: &RecordId,
    ids: u64,
) -> Result<Vec<String>, BulkRefusal> {
    let query = parse(soql).map_err(|error| BulkRefusal::new("INVALIDBATCH", error.message))?;
    check(&query)?;
    let (Some(from), Some(to)) = (first.serial(), last.serial()) else {
        return Ok(vec![soql.to_owned()]);
    };
    let ids = ids.max(1);
    let count = to.saturating_sub(from) / ids + 1;
    if count > CHUNKS_MAX {
        let words = format!(
            "the ids of these records fill {count} chunks, and a query takes {CHUNKS_MAX}; ask \
             for a larger chunkSize"
        );
        return Err(BulkRefusal::new("INVALIDBATCH", words));
    }
    let prefix = first.key_prefix();
    (0..count)
        .map(|number| {
            let begin = from + number * ids;
            let begin = RecordId::from_serial(prefix, begin);
            let end = RecordId::from_serial(prefix, from + (number + 1) * ids);
            within(&query, &format!("Id >= '{begin}' AND Id < '{end}'"))
        })
        .collect()
}

/// What has an order, a limit or sums would mean something else in chunks.
fn check(query: &Query) -> Result<(), BulkRefusal> {
    let select = &query.select;
    let is_plain = |item: &Item| match item {
        Item::Expr { expr, .. } => matches!(expr, Expr::Field(_)),
        Item::Children(_) => false,
        Item::TypeOf(_) => true,
    };
    let is_fine = select.group.is_none()
        && select.having.is_none()
        && select.order.is_empty()
        && select.limit.is_none()
        && select.offset.is_none()
        && select.items.iter().all(is_plain);
    match is_fine {
        true => Ok(()),
        false => Err(BulkRefusal::new(
            "INVALIDBATCH",
            "a query in chunks takes fields and WHERE alone: no GROUP BY, ORDER BY, LIMIT, \
             functions or lists of children. Leave them out, or make the job without \
             Sforce-Enable-PKChunking",
        )),
    }
}

fn within(query: &Query, range: &str) -> Result<String, BulkRefusal> {
    let failed = |_| BulkRefusal::new("INVALIDBATCH", "the range of a chunk could not be read");
    let range = parse(&format!("SELECT Id FROM Account WHERE {range}")).map_err(failed)?;
    let mut query = query.clone();
    let own = query.select.condition.take();
    let both: Vec<Condition> = own.into_iter().chain(range.select.condition).collect();
    query.select.condition = match both.len() {
        1 => both.into_iter().next(),
        _ => Some(Condition::And(both)),
    };
    Ok(query.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_meet_and_hold_the_first_and_the_last() {
        let id = |serial| RecordId::from_serial("001", serial);
        let soql = "SELECT Id, Name FROM Account WHERE Name = 'a' OR Name = 'b'";
        let chunks = chunks(soql, &id(5), &id(25), 10).unwrap();
        assert_eq!(chunks.len(), 3);
        for (place, chunk) in (0..).zip(&chunks) {
            let (begin, end) = (id(5 + place * 10), id(15 + place * 10));
            let expected = format!(
                "SELECT Id, Name FROM Account WHERE (Name = 'a' OR Name = 'b') AND \
                 (Id >= '{begin}' AND Id < '{end}')"
            );
            let plain = |text: &str| text.replace(['(', ')'], "");
            assert_eq!(plain(chunk), plain(&expected));
            assert!(chunk.contains("(Name = 'a' OR Name = 'b')"), "{chunk}");
        }
        assert_eq!(id(25).serial(), Some(25));
    }

    #[test]
    fn queries_that_mean_a_whole_are_refused() {
        let id = |serial| RecordId::from_serial("001", serial);
        for soql in [
            "SELECT Id FROM Account ORDER BY Name",
            "SELECT Id FROM Account LIMIT 5",
            "SELECT count() FROM Account",
            "SELECT Name, COUNT(Id) FROM Account GROUP BY Name",
            "SELECT Id, (SELECT Id FROM Contacts) FROM Account",
            "SELECT",
        ] {
            let refused = chunks(soql, &id(1), &id(2), 1).unwrap_err();
            assert_eq!(refused.code, "INVALIDBATCH", "{soql}");
        }
        let many = chunks("SELECT Id FROM Account", &id(0), &id(1_000_000), 1);
        assert!(many.unwrap_err().message.contains("chunkSize"));
    }

    #[test]
    fn the_header_says_how_large_a_chunk_is() {
        assert_eq!(chunk_ids("true"), Ok(Some(CHUNK_IDS)));
        assert_eq!(chunk_ids("FALSE"), Ok(None));
        assert_eq!(
            chunk_ids(" chunkSize = 50000 ; startRow=001"),
            Ok(Some(50_000))
        );
        assert_eq!(chunk_ids("parent=Account"), Ok(Some(CHUNK_IDS)));
        for wrong in ["chunkSize=0", "chunkSize=many", "chunkSize=250001"] {
            assert_eq!(chunk_ids(wrong).unwrap_err().code, "INVALIDJOB");
        }
    }
}
