//! The demo's accounts, contacts, leads, opportunities and cases.

use offhook_org::record::Fields;
use offhook_org::{ObjectName, RecordId};

use super::Making;
use super::fields::{Build, DAY_MS};
use super::people::Team;
use super::tables::{Company, companies, country_name, names, words};

/// Everybody's favourite caller: stored as `5551234567`, calls as `+1 555 123 4567`.
const KNOWN_PHONE: &str = "5551234567";

/// A person in the demo, with what belongs to it.
#[derive(Debug, Clone)]
pub(super) struct Person {
    pub id: RecordId,
    pub account: RecordId,
    pub owner: RecordId,
}

/// What was made, for the history.
#[derive(Debug, Clone, Default)]
pub(super) struct Book {
    pub people: Vec<Person>,
    pub leads: Vec<(RecordId, RecordId)>,
    /// Open and closed opportunities with their account and owner.
    pub opportunities: Vec<(RecordId, RecordId, RecordId)>,
    /// Cases with their contact and owner.
    pub cases: Vec<(RecordId, RecordId, RecordId)>,
}

/// Makes everything, accounts first.
pub(super) async fn open(making: &mut Making<'_>, team: &Team) -> anyhow::Result<Book> {
    let mut book = Book::default();
    let companies = companies();
    let accounts = accounts(making, team, &companies).await?;
    contacts(making, &companies, &accounts, &mut book).await?;
    opportunities(making, &mut book).await?;
    cases(making, team, &mut book).await?;
    leads(making, team, &mut book).await?;
    Ok(book)
}

async fn create(
    making: &Making<'_>,
    object: &str,
    records: &[Fields],
) -> anyhow::Result<Vec<RecordId>> {
    Ok(making
        .store
        .create_many(&ObjectName::new(object), records)
        .await?)
}

/// An account with its owner and switchboard.
struct Account {
    id: RecordId,
    owner: RecordId,
    switchboard: String,
}

async fn accounts(
    making: &mut Making<'_>,
    team: &Team,
    companies: &[Company],
) -> anyhow::Result<Vec<Account>> {
    let sellers = team.sellers();
    let mut made = Vec::new();
    let mut records = Vec::new();
    for (place, company) in companies.iter().enumerate() {
        // Half for the rep who signs in, the rest for the others.
        let owner = if place % 2 == 0 {
            sellers[0]
        } else {
            making.dice.one_of(&sellers)
        };
        let switchboard = making.numbers.fresh(company.country, &mut making.dice);
        let mut fields = account(company, owner, &switchboard, place);
        if making.dice.percent(35) {
            let number = making.numbers.fresh(company.country, &mut making.dice);
            fields = fields.text("After_Hours_Phone__c", number);
        }
        let age = making.dice.between(200, 900);
        records.push(fields.made(making.now_ms - age * DAY_MS).done());
        made.push((owner.clone(), switchboard));
    }
    let ids = create(making, "Account", &records).await?;
    let accounts = ids.into_iter().zip(made);
    Ok(accounts
        .map(|(id, (owner, switchboard))| Account {
            id,
            owner,
            switchboard,
        })
        .collect())
}

fn account(company: &Company, owner: &RecordId, switchboard: &str, place: usize) -> Build {
    Build::new()
        .text("Name", company.name)
        .owner(owner)
        .text("AccountNumber", format!("BW-{:05}", 10_230 + place * 37))
        .text("Type", company.kind)
        .text("Industry", company.industry)
        .text("Rating", ["Hot", "Warm", "Cold"][place % 3])
        .text("Phone", switchboard)
        .text("Website", format!("https://www.{}", company.web))
        .integer("NumberOfEmployees", company.employees)
        .number("AnnualRevenue", company.revenue_thousands as f64 * 1_000.0)
        .text("BillingStreet", company.street)
        .text("BillingCity", company.city)
        .text("BillingState", company.state)
        .text("BillingPostalCode", company.postal_code)
        .text("BillingCountry", country_name(company.country))
}

async fn contacts(
    making: &mut Making<'_>,
    companies: &[Company],
    accounts: &[Account],
    book: &mut Book,
) -> anyhow::Result<()> {
    let mut records = Vec::new();
    let mut belongs = Vec::new();
    for (place, (company, account)) in companies.iter().zip(accounts).enumerate() {
        let count = making.dice.between(3, 5);
        for turn in 0..count {
            // The first of the first account is the caller that everybody knows.
            let known = place == 0 && turn == 0;
            let fields = contact(making, company, account, known);
            let age = making.dice.between(120, 500);
            records.push(fields.made(making.now_ms - age * DAY_MS).done());
            belongs.push(account);
        }
    }
    let ids = create(making, "Contact", &records).await?;
    let people = ids.into_iter().zip(belongs).map(|(id, account)| Person {
        id,
        account: account.id.clone(),
        owner: account.owner.clone(),
    });
    book.people.extend(people);
    Ok(())
}

fn contact(making: &mut Making<'_>, company: &Company, account: &Account, known: bool) -> Build {
    let all = names();
    let words = words();
    let names = all
        .get(company.country)
        .or(all.get("US"))
        .expect("the table has US names");
    let given = if known {
        "Grace"
    } else {
        *making.dice.one_of(&names.given)
    };
    let family = if known {
        "Whitaker"
    } else {
        *making.dice.one_of(&names.family)
    };
    let title = if known {
        "Plant Manager"
    } else {
        *making.dice.one_of(&words["title"])
    };
    let mail = mail_name(given, family);
    let mut fields = Build::new()
        .link("AccountId", &account.id)
        .owner(&account.owner)
        .text("FirstName", given)
        .text("LastName", family)
        .text("Title", title)
        .text("Department", *making.dice.one_of(&words["department"]))
        .text("Email", format!("{mail}@{}", company.web))
        .text(
            "LeadSource",
            *making.dice.one_of(&["Web", "Phone Inquiry", "Trade Show"]),
        )
        .text("MailingStreet", company.street)
        .text("MailingCity", company.city)
        .text("MailingState", company.state)
        .text("MailingPostalCode", company.postal_code)
        .text("MailingCountry", country_name(company.country));
    let mut number = || making.numbers.fresh(company.country, &mut making.dice);
    if known {
        return fields
            .text("Phone", KNOWN_PHONE)
            .text("MobilePhone", "(503) 555-0143");
    }
    // Some have the switchboard's number, some the switchboard with an extension, most their own.
    let (own, mobile, direct) = (number(), number(), number());
    fields = match making.dice.below(10) {
        0..3 => fields
            .text("Phone", &account.switchboard)
            .text("Direct_Line__c", direct),
        3 => fields.text(
            "Phone",
            format!("{} x{}", account.switchboard, 20 + own.len()),
        ),
        _ => fields.text("Phone", own),
    };
    if making.dice.percent(60) {
        fields = fields.text("MobilePhone", mobile);
    }
    fields.flag("DoNotCall", making.dice.percent(4))
}

/// `Étienne O'Brien` to `etienne.obrien`: letters of mail addresses.
fn mail_name(given: &str, family: &str) -> String {
    let plain = |c: char| match c {
        'á' | 'à' | 'â' | 'ä' | 'å' | 'Å' => "a",
        'é' | 'è' | 'ê' | 'É' => "e",
        'í' | 'ì' | 'î' | 'ï' | 'ı' => "i",
        'ó' | 'ò' | 'ô' | 'ö' | 'ø' => "o",
        'ú' | 'ù' | 'û' | 'ü' => "u",
        _ => "",
    };
    let name = format!("{given}.{family}");
    let letters = name.chars().map(|c| match c {
        'a'..='z' | '.' => c.to_string(),
        'A'..='Z' => c.to_ascii_lowercase().to_string(),
        other => plain(other).to_owned(),
    });
    letters.collect()
}

async fn opportunities(making: &mut Making<'_>, book: &mut Book) -> anyhow::Result<()> {
    const STAGES: &[(&str, f64)] = &[
        ("Prospecting", 10.0),
        ("Qualification", 10.0),
        ("Needs Analysis", 20.0),
        ("Value Proposition", 50.0),
        ("Proposal/Price Quote", 75.0),
        ("Negotiation/Review", 90.0),
        ("Closed Won", 100.0),
        ("Closed Lost", 0.0),
    ];
    let words = words();
    let mut records = Vec::new();
    let mut belongs = Vec::new();
    for turn in 0..95 {
        let person = book.people[if turn == 0 {
            0
        } else {
            turn * 3 % book.people.len()
        }]
        .clone();
        let product = *making.dice.one_of(&words["product"]);
        let (stage, probability) = *making.dice.one_of(STAGES);
        let (stage, probability) = if turn == 0 {
            STAGES[4]
        } else {
            (stage, probability)
        };
        let closed = stage.starts_with("Closed");
        let close = if closed {
            making.dice.between(-170, -3)
        } else {
            making.dice.between(3, 120)
        };
        let amount = making.dice.between(4, 260) as f64 * 1_250.0;
        let mut fields = Build::new()
            .text(
                "Name",
                format!("{}{}", product[..1].to_uppercase(), &product[1..]),
            )
            .link("AccountId", &person.account)
            .link("ContactId", &person.id)
            .owner(&person.owner)
            .text("StageName", stage)
            .number("Probability", probability)
            .number("Amount", amount)
            .date("CloseDate", making.now_ms + close * DAY_MS)
            .text(
                "Type",
                ["New Customer", "Existing Customer - Upgrade"][turn % 2],
            );
        if !closed {
            fields = fields.text("NextStep", *making.dice.one_of(&words["next_step"]));
        }
        let age = making.dice.between(5, 180);
        records.push(fields.made(making.now_ms - age * DAY_MS).done());
        belongs.push(person);
    }
    let ids = create(making, "Opportunity", &records).await?;
    let made = ids
        .into_iter()
        .zip(belongs)
        .map(|(id, p)| (id, p.account, p.owner));
    book.opportunities.extend(made);
    Ok(())
}

async fn cases(making: &mut Making<'_>, team: &Team, book: &mut Book) -> anyhow::Result<()> {
    let words = words();
    let servers = team.servers();
    let mut records = Vec::new();
    let mut belongs = Vec::new();
    for turn in 0..100 {
        let place = if turn == 0 {
            0
        } else {
            making.dice.below(book.people.len())
        };
        let person = book.people[place].clone();
        let owner = if turn % 3 == 0 {
            servers[0]
        } else {
            *making.dice.one_of(&servers)
        };
        let status = *making
            .dice
            .one_of(&["New", "Working", "On Hold", "Closed", "Closed"]);
        let status = if turn == 0 { "Working" } else { status };
        let mut fields = Build::new()
            .owner(owner)
            .link("ContactId", &person.id)
            .link("AccountId", &person.account)
            .text("Subject", words["case"][turn % words["case"].len()])
            .text("Description", *making.dice.one_of(&words["case_detail"]))
            .text("Status", status)
            .text(
                "Priority",
                *making.dice.one_of(&["High", "Medium", "Medium", "Low"]),
            )
            .text(
                "Origin",
                *making.dice.one_of(&["Phone", "Phone", "Email", "Web"]),
            )
            .text(
                "Type",
                *making
                    .dice
                    .one_of(&["Mechanical", "Electrical", "Electronic", "Other"]),
            )
            .text(
                "Reason",
                *making
                    .dice
                    .one_of(&["Breakdown", "Performance", "Installation"]),
            );
        if making.dice.percent(20) {
            let number = making.numbers.fresh("US", &mut making.dice);
            fields = fields.text("Callback_Phone__c", number);
        }
        let age = if status == "Closed" {
            making.dice.between(14, 175)
        } else {
            making.dice.between(0, 21)
        };
        records.push(fields.made(making.now_ms - age * DAY_MS).done());
        belongs.push((person.id, owner.clone()));
    }
    let ids = create(making, "Case", &records).await?;
    book.cases.extend(
        ids.into_iter()
            .zip(belongs)
            .map(|(id, (who, owner))| (id, who, owner)),
    );
    Ok(())
}

async fn leads(making: &mut Making<'_>, team: &Team, book: &mut Book) -> anyhow::Result<()> {
    let words = words();
    let all = names();
    let sellers = team.sellers();
    let mut records = Vec::new();
    let mut owners = Vec::new();
    for turn in 0..80 {
        let country = ["US", "US", "US", "CA", "GB", "DE", "FR", "AU", "SE", "NL"][turn % 10];
        let names = &all[country];
        let (given, family) = (
            *making.dice.one_of(&names.given),
            *making.dice.one_of(&names.family),
        );
        let company = words["lead_company"][turn % words["lead_company"].len()];
        let web = company.to_lowercase().replace(' ', "");
        let owner = if turn % 2 == 0 {
            sellers[0]
        } else {
            *making.dice.one_of(&sellers)
        };
        let status = [
            "Open - Not Contacted",
            "Working - Contacted",
            "Closed - Not Converted",
        ];
        let fields = Build::new()
            .owner(owner)
            .text("FirstName", given)
            .text("LastName", family)
            .text("Company", company)
            .text("Title", *making.dice.one_of(&words["title"]))
            .text("Status", *making.dice.one_of(&status))
            .text("Rating", *making.dice.one_of(&["Hot", "Warm", "Cold"]))
            .text(
                "LeadSource",
                *making
                    .dice
                    .one_of(&["Web", "Phone Inquiry", "Partner Referral"]),
            )
            .text(
                "Email",
                format!("{}@{web}.example", mail_name(given, family)),
            )
            .text("Phone", making.numbers.fresh(country, &mut making.dice))
            .text("Country", country_name(country));
        let age = making.dice.between(1, 150);
        records.push(fields.made(making.now_ms - age * DAY_MS).done());
        owners.push(owner.clone());
    }
    records.push(converted(making, book, sellers[0]).done());
    let ids = create(making, "Lead", &records).await?;
    book.leads.extend(ids.into_iter().zip(owners));
    Ok(())
}

/// The lead that Grace Whitaker was before she became a contact: her number finds both, and the
/// contact pops.
fn converted(making: &Making<'_>, book: &Book, owner: &RecordId) -> Build {
    let contact = &book.people[0];
    Build::new()
        .owner(owner)
        .text("FirstName", "Grace")
        .text("LastName", "Whitaker")
        .text("Company", "Cascade Dairy Cooperative")
        .text("Title", "Plant Manager")
        .text("Status", "Closed - Converted")
        .text("Phone", "(555) 123-4567")
        .text("Email", "grace.whitaker@cascadedairy.example")
        .flag("IsConverted", true)
        .date("ConvertedDate", making.now_ms - 160 * DAY_MS)
        .link("ConvertedAccountId", &contact.account)
        .link("ConvertedContactId", &contact.id)
        .made(making.now_ms - 170 * DAY_MS)
}
