//! The pages in a real Chromium, driven as people drive them: by keyboard where the till is meant for it. Any console
//! error and any violation of the content security policy fails.

mod accounting;
mod archive;
mod bill;
mod binder;
mod card_stock;
mod confidential;
mod contracts;
mod demo;
mod files;
mod forms;
mod hq;
mod imports;
mod journal;
mod judgements;
mod marketing;
mod memberships;
mod navigation;
mod records;
mod resources;
mod rules;
mod sending;
mod tasks;
mod till;

use crate::harness::peers::{self, Browser};
use crate::harness::webdriver::Window;
use crate::harness::{Backend, PASSWORD, TestApp};
use libtest_mimic::Trial;
use std::path::PathBuf;

type BrowserStory = fn(&TestApp, &Window);
/// Starts a server of its own.
type DemoStory = fn(&Window);

const STORIES: &[(&str, BrowserStory)] = &[
    ("a_cashiers_first_ten_minutes", till::first_ten_minutes),
    ("a_card_for_somebody_new", till::a_card_for_somebody_new),
    (
        "hq_changes_a_configuration_by_the_schemas_form",
        hq::changes_a_configuration,
    ),
    (
        "d_led_9_d_led_10_d_led_11_hq_sees_what_it_answers_for",
        accounting::hq_sees_what_it_answers_for,
    ),
    ("d_led_8_a_manager_adjusts_points", accounting::a_manager_adjusts_points),
    ("hq_sets_the_limit_of_a_bill", hq::sets_the_limit_of_a_bill),
    ("s1_an_enter_before_the_quote_books", bill::s1_enter_before_the_quote),
    (
        "s2_esc_puts_the_bill_aside_and_one_key_brings_it_back",
        bill::s2_a_bill_is_put_aside,
    ),
    ("s3_amounts_as_people_type_them", bill::s3_amounts_as_people_type_them),
    (
        "s4_a_sum_beyond_the_limit_is_asked_about",
        bill::s4_a_sum_beyond_the_limit,
    ),
    ("undo_of_the_last_sale_and_todays_bills", bill::undo_and_todays_bills),
    (
        "s16_s18_three_pieces_exchanged_and_cancelled",
        bill::s16_an_exchange_is_cancelled,
    ),
    ("several_tenders_and_change", bill::several_tenders),
    ("hq_opens_and_closes_what_is_declared", resources::opens_and_closes),
    (
        "d_arc_1_own_fields_are_declared_and_a_card_is_filled_in",
        archive::own_fields_and_a_card,
    ),
    (
        "d_arc_15_a_type_is_made_filled_dragged_on_its_board_and_exported",
        records::a_type_is_made_filled_dragged_and_exported,
    ),
    (
        "d_arc_15_a_shipped_type_is_taken_over_with_its_checklist",
        records::a_shipped_type_is_taken_over,
    ),
    (
        "d_arc_12_d_arc_13_a_look_behind_the_mask_and_an_erasure",
        confidential::a_look_and_an_erasure,
    ),
    (
        "d_arc_12_a_look_behind_a_records_mask",
        confidential::a_look_behind_a_records_mask,
    ),
    (
        "d_arc_4_an_entry_is_written_answered_and_judged",
        journal::an_entry_is_written_answered_and_judged,
    ),
    (
        "d_arc_5_d_arc_19_hq_sets_service_and_retention",
        journal::hq_sets_service_and_retention,
    ),
    (
        "d_arc_4_hq_adds_a_category_that_entries_are_written_under",
        journal::hq_adds_a_category_that_entries_are_written_under,
    ),
    (
        "d_arc_5_a_day_is_planned_done_and_handed_over",
        tasks::a_day_is_planned_done_and_handed_over,
    ),
    (
        "d_arc_10_a_change_is_reported_put_off_and_resolved",
        judgements::a_change_is_reported_put_off_and_resolved,
    ),
    (
        "d_arc_16_a_low_mark_is_seen_with_its_trend",
        judgements::a_low_mark_is_seen_with_its_trend,
    ),
    (
        "d_arc_7_a_scorecard_is_published_and_a_credit_report_printed",
        judgements::a_scorecard_is_published_and_a_credit_report_printed,
    ),
    (
        "d_arc_17_a_visit_is_reported_and_who_has_not_is_named",
        judgements::a_visit_is_reported_and_who_has_not_is_named,
    ),
    (
        "d_arc_1_a_photograph_is_attached_and_taken_out",
        files::a_photograph_is_attached,
    ),
    (
        "d_arc_2_a_customer_fills_in_a_form_by_a_link",
        forms::a_customer_fills_in_a_form,
    ),
    (
        "d_arc_13_a_file_is_mapped_tried_mended_and_taken_back",
        imports::a_file_is_mapped_tried_mended_and_taken_back,
    ),
    (
        "d_arc_10_hq_sets_by_what_figures_it_is_warned",
        rules::hq_sets_the_warnings_figures,
    ),
    (
        "d_arc_16_hq_sets_the_form_and_what_is_low",
        rules::hq_sets_the_form_and_what_is_low,
    ),
    (
        "d_arc_17_hq_sets_until_when_reports_are_due",
        rules::hq_sets_when_reports_are_due,
    ),
    (
        "d_con_3_a_contract_from_draft_to_archive_in_the_browser",
        contracts::a_contract_from_draft_to_archive,
    ),
    (
        "d_con_2_hq_writes_a_template_and_a_contract_is_printed",
        binder::a_template_is_written_and_a_contract_printed,
    ),
    (
        "d_con_4_an_original_is_lent_and_counted",
        binder::an_original_is_lent_and_counted,
    ),
    (
        "d_con_5_a_rebate_is_agreed_and_its_statement_shown",
        binder::a_rebate_is_agreed_and_stated,
    ),
    (
        "d_con_6_terms_are_published_and_accepted",
        binder::terms_are_published_and_accepted,
    ),
    (
        "d_card_2_blanks_from_their_numbers_to_a_count",
        card_stock::blanks_from_their_numbers_to_a_count,
    ),
    (
        "d_con_3_rules_wait_for_a_second_person_in_the_browser",
        hq::rules_wait_for_a_second_person,
    ),
    (
        "d_hq_3_mail_is_set_up_tried_and_a_customers_letters_are_seen",
        sending::mail_is_set_up_and_letters_are_seen,
    ),
    (
        "d_hq_3_an_address_gets_events_and_shows_what_went_wrong",
        sending::an_address_gets_events,
    ),
    (
        "d_cam_1_a_campaign_is_set_up_and_its_budget_goes",
        marketing::a_campaign_is_set_up_and_its_budget_goes,
    ),
    (
        "d_cam_2_a_segment_is_seen_and_marked",
        marketing::a_segment_is_seen_and_marked,
    ),
    (
        "d_tier_2_d_led_8_a_tier_is_set_and_points_are_handed_over",
        memberships::a_tier_is_set_and_points_are_handed_over,
    ),
    (
        "d_card_8_a_membership_is_renewed_on_its_page",
        memberships::a_membership_is_renewed,
    ),
    (
        "d_led_8_a_family_shares_points_on_its_page",
        memberships::a_family_shares_points,
    ),
    (
        "d_card_13_a_membership_is_merged_and_handed_over_on_its_page",
        memberships::a_membership_is_merged_and_handed_over,
    ),
    (
        "d_card_6_d_card_9_a_card_gets_a_holder_and_others_are_to_be_handed_back",
        memberships::a_card_gets_a_holder_and_others_are_to_be_handed_back,
    ),
    (
        "hq_sets_ends_of_points_and_an_offer",
        hq::sets_ends_of_points_and_an_offer,
    ),
    (
        "d_rwd_2_vouchers_are_made_and_their_codes_taken",
        marketing::vouchers_are_made_and_their_codes_taken,
    ),
    ("d_rwd_1_a_rewards_rules_are_set", marketing::a_rewards_rules_are_set),
    (
        "d_led_8_hq_sets_what_may_be_done_with_points",
        rules::hq_sets_what_may_be_done_with_points,
    ),
    (
        "hq_finds_its_pages_by_keyboard_and_on_a_phone",
        navigation::by_keyboard_and_on_a_phone,
    ),
    ("everybody_lands_on_a_page_of_their_own", resources::everybody_lands),
    ("complaints_of_the_browser_are_heard", complaints_are_heard),
];

/// On SQLite alone: what differs between the databases ends below the interface that the pages call.
pub fn tests() -> Vec<Trial> {
    let demo = |(name, story): (&str, DemoStory)| {
        Backend::Sqlite.trial(&format!("browser::{name}"), move || match peers::browser() {
            Ok(browser) => {
                let window = Window::open(&browser, "zh-CN");
                story(&window);
                without_complaints(&window);
                Ok(libtest_mimic::Completion::Completed)
            }
            Err(why) => peers::missing(&why),
        })
    };
    let demos: [(&str, DemoStory); 2] = [
        ("the_demos_log_in_page_offers_log_ins", demo::offers_log_ins),
        (
            "the_demos_log_in_page_shows_how_far_it_is_filled",
            demo::shows_how_far_it_is_filled,
        ),
    ];
    let trial = |(name, story): &(&str, BrowserStory)| {
        let story = *story;
        Backend::Sqlite.trial(&format!("browser::{name}"), move || match peers::browser() {
            Ok(browser) => {
                play(&browser, story);
                Ok(libtest_mimic::Completion::Completed)
            }
            Err(why) => peers::missing(&why),
        })
    };
    STORIES.iter().map(trial).chain(demos.map(demo)).collect()
}

fn play(browser: &Browser, story: BrowserStory) {
    let app = TestApp::start(Backend::Sqlite);
    // The pages stamp bills with the machine's time.
    app.follow_the_machines_clock();
    let window = Window::open(browser, "zh-CN");
    story(&app, &window);
    without_complaints(&window);
    app.finish();
}

fn without_complaints(window: &Window) {
    let complaints = window.complaints();
    assert!(complaints.is_empty(), "the browser complains: {complaints:#?}");
}

/// Pictures for people, where `CARDEA_TEST_SCREENSHOTS` names a folder.
fn picture(window: &Window, name: &str) {
    if let Some(folder) = std::env::var_os("CARDEA_TEST_SCREENSHOTS").map(PathBuf::from) {
        std::fs::create_dir_all(&folder).expect("the folder of screenshots");
        window.screenshot(&folder.join(format!("{name}.png")));
    }
}

/// Logs in on the page.
fn log_in(app: &TestApp, window: &Window, user: &str, password: &str) {
    window.visit(&format!("{}/login/", app.base()));
    window.find("login-chain").fill(&app.chain().code);
    window.find("login-user").fill(user);
    window.find("login-password").fill(password);
    window.find("login-submit").click();
}

/// Somebody else goes on from here.
fn log_in_as(app: &TestApp, window: &Window, user: &str) {
    window.find("logout").click();
    window.find("login-chain");
    log_in(app, window, user, PASSWORD);
}

/// Waits until an element says so in one of its attributes.
#[track_caller]
fn wait_for_data(window: &Window, id: &str, attribute: &str, value: &str) {
    window.wait_for(&format!("{id:?} with {attribute}={value:?}"), || {
        let now = window.try_find(id)?.attribute(attribute);
        (now.as_deref() == Some(value)).then_some(())
    });
}

/// A picture of the page in English, for people too.
fn in_english(window: &Window, name: &str) {
    window.find("lang-en").click();
    picture(window, name);
    window.find("lang-zh-CN").click();
}

/// Whether the navigation names a page, in whatever group, folded or not.
fn is_named(window: &Window, page: &str) -> bool {
    !window.select(&format!("[data-testid=\"nav-{page}\"]")).is_empty()
}

/// Goes to a page by the navigation; its group is unfolded first.
fn turn_to(window: &Window, page: &str) {
    let id = format!("nav-{page}");
    let group = window.wait_for(&id, || {
        let links = window.select(&format!("[data-testid=\"{id}\"]"));
        links.first().and_then(|link| link.attribute("data-group"))
    });
    if window.try_find(&id).is_none() {
        window.find(&format!("nav-group-{group}")).click();
    }
    window.find(&id).click();
}

/// The watch of every other story works: it hears a blocked script and an error of a script.
fn complaints_are_heard(app: &TestApp, window: &Window) {
    app.cashier();
    log_in(app, window, "cashier-east", PASSWORD);
    window.find("identify");
    assert_eq!(window.complaints(), Vec::<String>::new());
    window.run(
        "const s = document.createElement('script'); s.textContent = '1'; document.head.append(s)",
        &[],
    );
    let heard = window.wait_for("a complaint about an inline script", || {
        Some(window.complaints()).filter(|c| !c.is_empty())
    });
    assert!(
        heard.iter().any(|line| line.contains("Content Security Policy")),
        "{heard:?}"
    );
    window.run("setTimeout(() => { throw new Error('an error of a page') })", &[]);
    let heard = window.wait_for("a complaint about an error", || {
        Some(window.complaints()).filter(|c| !c.is_empty())
    });
    assert!(
        heard.iter().any(|line| line.contains("an error of a page")),
        "{heard:?}"
    );
}
