//! What Setup > Company Information says: the org's name and address, and what its users have who
//! chose nothing else: time zone, locale, language; the month in which its fiscal year begins.

use offhook_org::UserContext;
use offhook_org::access::Permission;
use offhook_org::save::{SaveError, SaveErrorCode};

use crate::Store;
use crate::database::Statement;
use crate::error::{SaveFailure, StoreError};

/// The texts of the org's row that its admins set: the field, its label, and how
/// long it may be.
pub const COMPANY_TEXTS: [(&str, &str, usize); 12] = [
    ("Name", "Organization Name", 80),
    ("PrimaryContact", "Primary Contact", 80),
    ("Division", "Division", 80),
    ("Phone", "Phone", 40),
    ("Fax", "Fax", 40),
    ("Street", "Street", 255),
    ("City", "City", 40),
    ("State", "State/Province", 80),
    ("PostalCode", "Zip/Postal Code", 20),
    ("Country", "Country", 80),
    ("TimeZoneSidKey", "Default Time Zone", 40),
    ("DefaultLocaleSidKey", "Default Locale", 40),
];

/// The org's own facts.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Company {
    /// One for each of [`COMPANY_TEXTS`], in their order.
    pub texts: [String; COMPANY_TEXTS.len()],
    /// The default language: `en_US`, `de`.
    pub language: String,
    /// The month in which the fiscal year begins, 1 to 12.
    pub fiscal_start: u8,
}

impl Company {
    /// One of the texts, by the name of its field; empty if there is no such field.
    pub fn text(&self, field: &str) -> &str {
        let mut all = COMPANY_TEXTS.iter().zip(&self.texts);
        let found = all.find(|((name, ..), _)| *name == field);
        found.map_or("", |(_, text)| text)
    }

    /// Every problem, as the label of the field and a sentence.
    fn problems(&self) -> Vec<(&'static str, String)> {
        let mut problems = Vec::new();
        for ((_, label, length_max), text) in COMPANY_TEXTS.iter().zip(&self.texts) {
            if text.chars().count() > *length_max {
                problems.push((*label, format!("at most {length_max} characters fit")));
            }
        }
        if self.text("Name").trim().is_empty() {
            problems.push(("Organization Name", "enter a name".to_owned()));
        }
        if jiff::tz::TimeZone::get(self.text("TimeZoneSidKey")).is_err() {
            let words = "choose a time zone such as America/New_York".to_owned();
            problems.push(("Default Time Zone", words));
        }
        if !(1..=12).contains(&self.fiscal_start) {
            problems.push(("Fiscal Year Starts In", "choose a month".to_owned()));
        }
        problems
    }
}

fn columns() -> String {
    let names = COMPANY_TEXTS.map(|(field, ..)| field.to_ascii_lowercase());
    names.join(", ")
}

impl Store {
    /// What the org says of itself.
    pub async fn company(&self) -> Result<Company, StoreError> {
        let select = format!(
            "SELECT {}, languagelocalekey, fiscalyearstartmonth FROM org_organization
             WHERE id = $1",
            columns()
        );
        let select = Statement::new(select).with(&self.org_id());
        let row = self.database().read_one(&select).await?;
        let row = row.ok_or_else(|| StoreError::Corrupt("the org has no row".to_owned()))?;
        let mut company = Company::default();
        for (place, text) in company.texts.iter_mut().enumerate() {
            row.optional_text(place)?
                .unwrap_or_default()
                .clone_into(text);
        }
        let language = COMPANY_TEXTS.len();
        company.language = row.optional_text(language)?.unwrap_or("en_US").to_owned();
        company.fiscal_start = match row.is_null(language + 1) {
            true => 1,
            false => u8::try_from(row.integer(language + 1)?).unwrap_or(1),
        };
        Ok(company)
    }

    /// Writes it, with a line in the audit trail for each thing that changed. Fiscal literals,
    /// and users without a time zone or locale of their own, follow with the next request.
    pub async fn put_company(
        &self,
        user: &UserContext,
        company: &Company,
    ) -> Result<(), SaveFailure> {
        if !user.holds(Permission::CustomizeApplication) {
            let words = "Company Information needs the permission Customize Application";
            let code = SaveErrorCode::InsufficientAccessOrReadonly;
            let error = SaveError::new(code, words, Vec::new());
            return Err(SaveFailure::Refused(vec![error]));
        }
        let refused: Vec<SaveError> = company
            .problems()
            .into_iter()
            .map(|(label, words)| {
                let code = SaveErrorCode::FieldIntegrityException;
                SaveError::new(code, format!("{label}: {words}"), vec![label.to_owned()])
            })
            .collect();
        if !refused.is_empty() {
            return Err(SaveFailure::Refused(refused));
        }
        let said = changes(&self.company().await?, company);
        if said.is_empty() {
            return Ok(());
        }
        let now_ms = crate::now_ms();
        let mut update = Statement::new("UPDATE org_organization SET ");
        for ((field, ..), text) in COMPANY_TEXTS.iter().zip(&company.texts) {
            let value = Some(text.trim().to_owned()).filter(|text| !text.is_empty());
            update.push(&format!("{} = ", field.to_ascii_lowercase()));
            update.arg(value).push(", ");
        }
        update
            .push("languagelocalekey = ")
            .arg(company.language.as_str());
        let month = u32::from(company.fiscal_start);
        update.push(", fiscalyearstartmonth = ").arg(month);
        update.push(", lastmodifieddate = ").arg(now_ms);
        update.push(", systemmodstamp = ").arg(now_ms);
        update.push(", lastmodifiedbyid = ");
        update.arg(user.user.as_ref().map(ToString::to_string));
        update.push(" WHERE id = ").arg(&self.org_id());
        let mut transaction = self.database().begin().await?;
        transaction.execute(&update).await?;
        for line in said {
            self.audit_in(
                &mut transaction,
                user,
                "Company Information",
                "orgInfo",
                &line,
            )
            .await?;
        }
        transaction.commit().await?;
        self.rights_changed("Organization");
        Ok(())
    }
}

/// A sentence for each thing that is to change.
fn changes(before: &Company, after: &Company) -> Vec<String> {
    let texts = before
        .texts
        .iter()
        .zip(&after.texts)
        .map(|(a, b)| (a.clone(), b.clone()));
    let labels = COMPANY_TEXTS.iter().map(|(_, label, _)| *label);
    let month = |company: &Company| company.fiscal_start.to_string();
    let others = [
        (
            "Default Language",
            (before.language.clone(), after.language.clone()),
        ),
        ("Fiscal Year Starts In", (month(before), month(after))),
    ];
    labels
        .zip(texts)
        .chain(others)
        .filter(|(_, (before, after))| before.trim() != after.trim())
        .map(|(label, (before, after))| format!("Changed {label} from {before} to {after}"))
        .collect()
}
