//! The history of sign-ins: who came in or was kept out, by which door and from where, as rows of
//! LoginHistory. A name that nobody has leaves no row, and answers no sooner for it: attempts
//! that failed are noted beside the answer.

use std::net::IpAddr;

use offhook_org::{RecordId, UserContext, Value};

use super::SignInError;
use crate::Store;
use crate::audit::one_line;
use crate::database::Statement;
use crate::error::StoreError;
use crate::rights::rows::{link, row, text};

/// Characters of what a client says of itself.
const CLIENT_LENGTH_MAX: usize = 64;

/// How long sign-ins are kept: six months, as on the platform.
const KEPT_MS: i64 = 182 * 24 * 60 * 60 * 1_000;

/// Rows that are forgotten in one step.
const FORGOTTEN_ROWS: i64 = 500;

/// The same failure from the same address is noted once in this time.
const SAME_FAILURE_MS: i64 = 10_000;

/// By which door somebody came, and from where.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SignInDoor {
    /// `Application`, `Remote Access 2.0`, `Other Apex API` (the platform's words).
    pub login_type: &'static str,
    /// Name of the connected app, or what the client calls itself; `Browser` for the pages.
    pub application: String,
    /// `REST API`, `SOAP Partner`; empty for the pages.
    pub api_type: &'static str,
    /// The address that it came from.
    pub source: Option<IpAddr>,
    /// What the program says it is: its `User-Agent`.
    pub program: String,
    /// Path of the page or resource.
    pub login_url: &'static str,
}

/// Who tried.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SignInName {
    /// Somebody who is known.
    User(RecordId),
    /// A name that was given, whoever has it.
    Given(String),
}

/// The word of LoginHistory for a success.
pub const SIGNED_IN: &str = "Success";

/// The word of LoginHistory for what kept somebody out.
pub fn sign_in_status(problem: &SignInError) -> &'static str {
    match problem {
        SignInError::Wrong => "Invalid Password",
        SignInError::Locked { .. } => "Password Lockout",
        SignInError::Inactive => "User is Inactive or Frozen",
        SignInError::Store(_) => "Server Error",
    }
}

impl Store {
    /// Notes an attempt beside what the caller goes on to do: nobody waits for it, so that the
    /// time of an answer tells nothing of who is there.
    pub fn note_sign_in_later(&self, who: SignInName, status: &str, door: SignInDoor, now_ms: i64) {
        let (store, status) = (self.clone(), status.to_owned());
        tokio::spawn(async move {
            if let Err(error) = store.note_sign_in(&who, &status, &door, now_ms).await {
                tracing::warn!(%error, "an attempt to sign in could not be noted");
            }
        });
    }

    /// Notes an attempt to sign in. One for a name that nobody has is not kept, nor the same
    /// failure again within ten seconds.
    pub async fn note_sign_in(
        &self,
        who: &SignInName,
        status: &str,
        door: &SignInDoor,
        now_ms: i64,
    ) -> Result<(), StoreError> {
        let user = match who {
            SignInName::User(id) => Some(id.clone()),
            SignInName::Given(name) => {
                let user = self.user_named(name.trim()).await?;
                user.map(|user| user.id)
            }
        };
        let Some(user) = user else {
            return Ok(());
        };
        let source = door
            .source
            .map_or(String::new(), |address| address.to_string());
        if status != SIGNED_IN {
            let same = Statement::new(
                "SELECT 1 FROM org_loginhistory WHERE userid = $1 AND logintime > $2
                 AND status = $3 AND sourceip = $4 LIMIT 1",
            )
            .with(&user)
            .with(now_ms - SAME_FAILURE_MS)
            .with(status)
            .with(source.as_str());
            if self.database().read_one(&same).await?.is_some() {
                return Ok(());
            }
        }
        let said = |words: &str| text(one_line(words, CLIENT_LENGTH_MAX));
        let line = row([
            ("UserId", link(&user)),
            ("LoginTime", Value::DateTime(now_ms)),
            ("LoginType", said(door.login_type)),
            ("Status", said(status)),
            ("Application", said(&door.application)),
            ("SourceIp", said(&source)),
            ("Browser", said(program_of(&door.program))),
            ("Platform", said(system_of(&door.program))),
            ("ApiType", said(door.api_type)),
            ("LoginUrl", said(door.login_url)),
        ]);
        let mut transaction = self.database().begin().await?;
        let system = UserContext::system();
        self.insert_rows(&mut transaction, &system, "LoginHistory", vec![line])
            .await?;
        if status == SIGNED_IN {
            let seen = Statement::new("UPDATE org_user SET lastlogindate = $2 WHERE id = $1");
            transaction.execute(&seen.with(&user).with(now_ms)).await?;
        }
        Ok(transaction.commit().await?)
    }

    /// Forgets sign-ins of more than six months ago, so many at once; how many went.
    pub async fn prune_sign_ins(&self, now_ms: i64) -> Result<u64, StoreError> {
        let forget = Statement::new(
            "DELETE FROM org_loginhistory WHERE id IN (
                 SELECT id FROM org_loginhistory WHERE logintime < $1 ORDER BY logintime LIMIT $2)",
        )
        .with(now_ms - KEPT_MS)
        .with(FORGOTTEN_ROWS);
        Ok(self.database().write(&forget).await?)
    }
}

/// The browser or program of a `User-Agent`, in a word.
fn program_of(user_agent: &str) -> &str {
    let known = [
        ("Edg/", "Edge"),
        ("OPR/", "Opera"),
        ("Chrome/", "Chrome"),
        ("Firefox/", "Firefox"),
        ("Safari/", "Safari"),
    ];
    let found = known.iter().find(|(sign, _)| user_agent.contains(sign));
    found.map_or(user_agent, |(_, name)| name)
}

/// The system of a `User-Agent`, in a word.
fn system_of(user_agent: &str) -> &'static str {
    let known = [
        ("Windows", "Windows"),
        ("Android", "Android"),
        ("iPhone", "iPhone"),
        ("iPad", "iPad"),
        ("Mac OS X", "Mac"),
        ("Linux", "Linux"),
    ];
    let found = known.iter().find(|(sign, _)| user_agent.contains(sign));
    found.map_or("Unknown", |(_, name)| name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_browser_is_told_by_its_name_and_a_program_as_it_names_itself() {
        let chrome = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) \
                      Chrome/130.0 Safari/537.36";
        assert_eq!((program_of(chrome), system_of(chrome)), ("Chrome", "Linux"));
        assert_eq!(program_of("jsforce/3.6"), "jsforce/3.6");
        assert_eq!(system_of("jsforce/3.6"), "Unknown");
    }
}
