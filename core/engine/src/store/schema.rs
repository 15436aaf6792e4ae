//! The tables as diesel sees them: one description for both backends. Generated from the migrations; keep in step.

diesel::table! {
    installation (id) {
        id -> Binary,
        created_at -> BigInt,
        demo_seed -> Nullable<BigInt>,
    }
}

diesel::table! {
    chains (id) {
        id -> Binary,
        code -> Text,
        name -> Text,
        currency -> Text,
        minor_units -> Integer,
        time_zone -> Text,
        business_now -> Nullable<BigInt>,
        created_at -> BigInt,
        version -> BigInt,
        bill_limit -> BigInt,
        campaigns_version -> BigInt,
    }
}

diesel::table! {
    regions (chain_id, id) {
        chain_id -> Binary,
        id -> Binary,
        code -> Text,
        name -> Text,
        active -> Bool,
        version -> BigInt,
    }
}

diesel::table! {
    stores (chain_id, id) {
        chain_id -> Binary,
        id -> Binary,
        region_id -> Nullable<Binary>,
        code -> Text,
        name -> Text,
        time_zone -> Text,
        kind -> Text,
        active -> Bool,
        created_at -> BigInt,
        version -> BigInt,
    }
}

diesel::table! {
    staff (chain_id, id) {
        chain_id -> Binary,
        id -> Binary,
        user_name -> Text,
        name -> Text,
        role -> Text,
        platform_operator -> Bool,
        password_hash -> Text,
        must_change_password -> Bool,
        active -> Bool,
        created_at -> BigInt,
        version -> BigInt,
        person_id -> Nullable<Binary>,
    }
}

diesel::table! {
    staff_stores (chain_id, staff_id, store_id) {
        chain_id -> Binary,
        staff_id -> Binary,
        store_id -> Binary,
    }
}

diesel::table! {
    sessions (chain_id, id) {
        chain_id -> Binary,
        id -> Binary,
        staff_id -> Binary,
        refresh_hash -> Binary,
        previous_hash -> Nullable<Binary>,
        created_at -> BigInt,
        last_used_at -> BigInt,
        expires_at -> BigInt,
        revoked_at -> Nullable<BigInt>,
    }
}

diesel::table! {
    customers (chain_id, id) {
        chain_id -> Binary,
        id -> Binary,
        name -> Text,
        form_of_address -> Text,
        store_id -> Binary,
        consultant_id -> Nullable<Binary>,
        introducer_id -> Nullable<Binary>,
        consent_marketing -> Bool,
        consent_privacy -> Bool,
        consent_at -> Nullable<BigInt>,
        external_ref -> Nullable<Text>,
        data_key -> Nullable<Binary>,
        contact -> Nullable<Binary>,
        created_at -> BigInt,
        version -> BigInt,
        merged_into -> Nullable<Binary>,
    }
}

diesel::table! {
    job_runs (chain_id, job, zone, day) {
        chain_id -> Binary,
        job -> Text,
        zone -> Text,
        day -> Integer,
        state -> Text,
        started_at -> BigInt,
        ended_at -> Nullable<BigInt>,
        runs -> BigInt,
        done -> BigInt,
        code -> Nullable<Text>,
        detail_zh -> Nullable<Text>,
        detail_en -> Nullable<Text>,
        taken -> BigInt,
        held -> Nullable<BigInt>,
        held_of -> Nullable<BigInt>,
        approved -> Nullable<BigInt>,
        approved_by -> Nullable<Binary>,
        approved_at -> Nullable<BigInt>,
    }
}

diesel::table! {
    tasks (chain_id, id) {
        chain_id -> Binary,
        id -> Binary,
        customer_id -> Binary,
        staff_id -> Nullable<Binary>,
        kind -> Text,
        due_on -> Integer,
        route -> Nullable<Integer>,
        source -> Text,
        source_key -> Nullable<Text>,
        texts -> Binary,
        state -> Text,
        ended_at -> Nullable<BigInt>,
        ended_by -> Nullable<Binary>,
        journal_id -> Nullable<Binary>,
        created_by -> Nullable<Binary>,
        created_at -> BigInt,
        version -> BigInt,
    }
}

diesel::table! {
    settings (chain_id, name) {
        chain_id -> Binary,
        name -> Text,
        document -> Text,
        version -> BigInt,
    }
}

diesel::table! {
    warnings (chain_id, id) {
        chain_id -> Binary,
        id -> Binary,
        customer_id -> Binary,
        kind -> Text,
        state -> Text,
        urgent -> Bool,
        basis -> Nullable<Text>,
        texts -> Binary,
        opened_on -> Integer,
        due_on -> Integer,
        snoozed_until -> Nullable<Integer>,
        ended_basis -> Nullable<Text>,
        ended_by -> Nullable<Binary>,
        ended_on -> Nullable<Integer>,
        version -> BigInt,
    }
}

diesel::table! {
    satisfaction (chain_id, id) {
        chain_id -> Binary,
        id -> Binary,
        customer_id -> Binary,
        store_id -> Binary,
        staff_id -> Nullable<Binary>,
        occasion -> Text,
        day -> Integer,
        month -> Integer,
        marks -> Text,
        mark_sum -> Integer,
        mark_count -> Integer,
        low -> Integer,
        texts -> Binary,
        task_id -> Nullable<Binary>,
        written_by -> Nullable<Binary>,
    }
}

diesel::table! {
    scorecards (chain_id, version) {
        chain_id -> Binary,
        version -> Integer,
        document -> Text,
        created_at -> BigInt,
        created_by -> Nullable<Binary>,
    }
}

diesel::table! {
    assessments (chain_id, id) {
        chain_id -> Binary,
        id -> Binary,
        customer_id -> Binary,
        scorecard -> Integer,
        marks -> Text,
        score_ppm -> BigInt,
        grade -> Text,
        credit_limit -> BigInt,
        terms_days -> Integer,
        texts -> Binary,
        day -> Integer,
        staff_id -> Nullable<Binary>,
    }
}

diesel::table! {
    visit_reports (chain_id, id) {
        chain_id -> Binary,
        id -> Binary,
        staff_id -> Binary,
        period -> Text,
        from_day -> Integer,
        due_on -> Integer,
        handed_in_on -> Integer,
        remark -> Text,
    }
}

diesel::table! {
    visit_report_visits (chain_id, report_id, journal_id) {
        chain_id -> Binary,
        report_id -> Binary,
        journal_id -> Binary,
        warning_id -> Nullable<Binary>,
    }
}

diesel::table! {
    card_completeness (chain_id, staff_id) {
        chain_id -> Binary,
        staff_id -> Binary,
        day -> Integer,
        customers -> BigInt,
        filled -> BigInt,
        asked -> BigInt,
    }
}

diesel::table! {
    service_standards (chain_id) {
        chain_id -> Binary,
        standards -> Text,
        version -> BigInt,
    }
}

diesel::table! {
    task_checks (chain_id, id) {
        chain_id -> Binary,
        id -> Binary,
        staff_id -> Binary,
        week -> Integer,
        figures -> Text,
        remark -> Text,
        checked_by -> Nullable<Binary>,
        checked_at -> BigInt,
    }
}

diesel::table! {
    route_reviews (chain_id, id) {
        chain_id -> Binary,
        id -> Binary,
        staff_id -> Binary,
        reviewed_on -> Integer,
        reviewed_by -> Nullable<Binary>,
        customers -> BigInt,
        unplaced -> BigInt,
        remark -> Nullable<Text>,
    }
}

diesel::table! {
    calendar_feeds (chain_id, staff_id) {
        chain_id -> Binary,
        staff_id -> Binary,
        digest -> Binary,
        created_at -> BigInt,
    }
}

diesel::table! {
    handovers (chain_id, id) {
        chain_id -> Binary,
        id -> Binary,
        from_staff -> Binary,
        to_staff -> Binary,
        reason -> Text,
        customers -> BigInt,
        tasks -> BigInt,
        made_by -> Nullable<Binary>,
        made_at -> BigInt,
        undone_by -> Nullable<Binary>,
        undone_at -> Nullable<BigInt>,
    }
}

diesel::table! {
    handover_customers (chain_id, handover_id, customer_id) {
        chain_id -> Binary,
        handover_id -> Binary,
        customer_id -> Binary,
    }
}

diesel::table! {
    handover_tasks (chain_id, handover_id, task_id) {
        chain_id -> Binary,
        handover_id -> Binary,
        task_id -> Binary,
    }
}

diesel::table! {
    journal_answers (chain_id, entry_id, kind) {
        chain_id -> Binary,
        entry_id -> Binary,
        kind -> Text,
        texts -> Binary,
        staff_id -> Nullable<Binary>,
        written_at -> BigInt,
    }
}

diesel::table! {
    customer_indexes (chain_id, kind, digest, customer_id) {
        chain_id -> Binary,
        kind -> Text,
        digest -> Binary,
        customer_id -> Binary,
    }
}

diesel::table! {
    field_versions (chain_id, subject, version) {
        chain_id -> Binary,
        subject -> Text,
        version -> Integer,
        fields -> Text,
        created_by -> Nullable<Binary>,
        created_at -> BigInt,
    }
}

diesel::table! {
    customer_cards (chain_id, customer_id) {
        chain_id -> Binary,
        customer_id -> Binary,
        card -> Binary,
    }
}

diesel::table! {
    customer_classes (chain_id, customer_id, dimension) {
        chain_id -> Binary,
        customer_id -> Binary,
        dimension -> Text,
        class -> Text,
        manual -> Bool,
        basis -> Nullable<Text>,
        set_by -> Nullable<Binary>,
        set_at -> BigInt,
    }
}

diesel::table! {
    class_rules (chain_id) {
        chain_id -> Binary,
        rules -> Text,
        computed_on -> Nullable<Integer>,
        version -> BigInt,
    }
}

diesel::table! {
    record_types (chain_id, id) {
        chain_id -> Binary,
        id -> Binary,
        code -> Text,
        name_zh -> Text,
        name_en -> Text,
        fields -> Text,
        fields_version -> Integer,
        board_field -> Nullable<Text>,
        list_columns -> Text,
        active -> Bool,
        created_at -> BigInt,
        version -> BigInt,
    }
}

diesel::table! {
    records (chain_id, id) {
        chain_id -> Binary,
        id -> Binary,
        type_id -> Binary,
        customer_id -> Binary,
        board_value -> Nullable<Text>,
        content -> Binary,
        active -> Bool,
        created_at -> BigInt,
        changed_at -> BigInt,
        version -> BigInt,
    }
}

diesel::table! {
    record_events (chain_id, record_id, id) {
        chain_id -> Binary,
        record_id -> Binary,
        id -> Binary,
        kind -> Text,
        moved_from -> Nullable<Text>,
        moved_to -> Nullable<Text>,
        fields -> Text,
        earlier -> Nullable<Binary>,
        staff_id -> Nullable<Binary>,
        at -> BigInt,
    }
}

diesel::table! {
    looks (chain_id, id) {
        chain_id -> Binary,
        id -> Binary,
        at -> BigInt,
        staff_id -> Nullable<Binary>,
        customer_id -> Nullable<Binary>,
        kind -> Text,
        what -> Text,
        subject -> Nullable<Binary>,
        purpose -> Nullable<Text>,
        note -> Nullable<Binary>,
        number -> Text,
    }
}

diesel::table! {
    deletions (chain_id, id) {
        chain_id -> Binary,
        id -> Binary,
        scope -> Text,
        customer_id -> Binary,
        record_id -> Nullable<Binary>,
        ground -> Text,
        reference -> Nullable<Text>,
        state -> Text,
        noted_at -> BigInt,
        requested_by -> Nullable<Binary>,
        requested_at -> Nullable<BigInt>,
        decided_by -> Nullable<Binary>,
        decided_at -> Nullable<BigInt>,
    }
}

diesel::table! {
    text_grams (chain_id, gram, subject_id) {
        chain_id -> Binary,
        gram -> Binary,
        subject_id -> Binary,
    }
}

diesel::table! {
    retention (chain_id) {
        chain_id -> Binary,
        rules -> Text,
        looked_on -> Nullable<Integer>,
        version -> BigInt,
    }
}

diesel::table! {
    lendings (chain_id, id) {
        chain_id -> Binary,
        id -> Binary,
        customer_id -> Binary,
        what -> Nullable<Binary>,
        number -> Text,
        borrower_id -> Binary,
        lent_at -> BigInt,
        due_on -> Integer,
        returned_at -> Nullable<BigInt>,
        returned_to -> Nullable<Binary>,
        contract_id -> Nullable<Binary>,
    }
}

diesel::table! {
    search_grams (chain_id, gram, customer_id) {
        chain_id -> Binary,
        gram -> Text,
        customer_id -> Binary,
    }
}

diesel::table! {
    components (digest) {
        digest -> Binary,
        plugin_id -> Text,
        version -> Text,
        bytes -> Binary,
        installed_at -> BigInt,
    }
}

diesel::table! {
    programs (chain_id, id) {
        chain_id -> Binary,
        id -> Binary,
        code -> Text,
        name_zh -> Text,
        name_en -> Text,
        plugin_id -> Text,
        digest -> Binary,
        created_at -> BigInt,
        version -> BigInt,
    }
}

diesel::table! {
    configurations (chain_id, id) {
        chain_id -> Binary,
        id -> Binary,
        program_id -> Binary,
        number -> BigInt,
        effective_from -> BigInt,
        digest -> Binary,
        plugin_config -> Text,
        ladder -> Text,
        terms -> Text,
        created_by -> Nullable<Binary>,
        created_at -> BigInt,
    }
}

diesel::table! {
    rewards (chain_id, id) {
        chain_id -> Binary,
        id -> Binary,
        program_id -> Binary,
        store_id -> Nullable<Binary>,
        code -> Text,
        name_zh -> Text,
        name_en -> Text,
        points -> BigInt,
        stock -> Nullable<BigInt>,
        active -> Bool,
        version -> BigInt,
        rules -> Text,
    }
}

diesel::table! {
    memberships (chain_id, id) {
        chain_id -> Binary,
        id -> Binary,
        program_id -> Binary,
        customer_id -> Nullable<Binary>,
        store_id -> Binary,
        opened_at -> BigInt,
        opened_on -> Integer,
        valid_through -> Nullable<Integer>,
        expires_at -> Nullable<BigInt>,
        tier -> Text,
        open -> Bool,
        purchases -> BigInt,
        reference -> Text,
        version -> BigInt,
        merged_from -> Nullable<Binary>,
        tier_until -> Nullable<Integer>,
        own_tier -> Nullable<Text>,
        own_until -> Nullable<Integer>,
        merged_into -> Nullable<Binary>,
    }
}

diesel::table! {
    cards (chain_id, id) {
        chain_id -> Binary,
        id -> Binary,
        membership_id -> Binary,
        number -> Text,
        last_four -> Text,
        kind -> Text,
        store_id -> Binary,
        state -> Text,
        blocks -> Text,
        issued_at -> BigInt,
        valid_through -> Nullable<Integer>,
        replaces -> Nullable<Binary>,
        replaced_by -> Nullable<Binary>,
        version -> BigInt,
        awaits_approval -> Bool,
        entered_by -> Nullable<Binary>,
        holder_staff_id -> Nullable<Binary>,
    }
}

diesel::table! {
    card_events (chain_id, id) {
        chain_id -> Binary,
        id -> Binary,
        card_id -> Binary,
        operation -> Text,
        staff_id -> Nullable<Binary>,
        store_id -> Nullable<Binary>,
        reason -> Nullable<Text>,
        detail -> Text,
        at -> BigInt,
        from_state -> Text,
        to_state -> Text,
        blocks -> Text,
        finder -> Nullable<Binary>,
    }
}

diesel::table! {
    bills (chain_id, id) {
        chain_id -> Binary,
        id -> Binary,
        kind -> Text,
        store_id -> Binary,
        source -> Text,
        till -> Text,
        business_date -> Integer,
        receipt -> Text,
        content -> Binary,
        occurred_at -> BigInt,
        booked_at -> BigInt,
        staff_id -> Nullable<Binary>,
        customer_id -> Nullable<Binary>,
        membership_id -> Nullable<Binary>,
        card_id -> Nullable<Binary>,
        original_id -> Nullable<Binary>,
        reward_id -> Nullable<Binary>,
        total -> BigInt,
        rounding -> BigInt,
        paid -> BigInt,
        judgement -> Text,
        earned -> BigInt,
        spent -> BigInt,
        parts -> Text,
        bonuses -> Text,
        terms -> Text,
        reason -> Nullable<Text>,
        answer -> Text,
        returned_money -> BigInt,
        returned_paid -> BigInt,
        clawed_back -> BigInt,
        given_back -> BigInt,
    }
}

diesel::table! {
    entries (chain_id, membership_id, id) {
        chain_id -> Binary,
        membership_id -> Binary,
        id -> Binary,
        asset -> Text,
        kind -> Text,
        amount -> BigInt,
        counter -> Text,
        bill_id -> Nullable<Binary>,
        store_id -> Nullable<Binary>,
        occurred_at -> BigInt,
        booked_at -> BigInt,
        rule -> Text,
        explanation_zh -> Text,
        explanation_en -> Text,
        line -> Nullable<Integer>,
        reverses -> Nullable<Binary>,
        configuration_id -> Nullable<Binary>,
        input -> Nullable<Binary>,
    }
}

diesel::table! {
    lots (chain_id, membership_id, id) {
        chain_id -> Binary,
        membership_id -> Binary,
        id -> Binary,
        asset -> Text,
        entry_id -> Binary,
        bill_id -> Nullable<Binary>,
        amount -> BigInt,
        remaining -> BigInt,
        opened_at -> BigInt,
        matures_at -> Nullable<BigInt>,
        expires_at -> Nullable<BigInt>,
        ended -> Bool,
    }
}

diesel::table! {
    lot_moves (chain_id, lot_id, entry_id) {
        chain_id -> Binary,
        lot_id -> Binary,
        entry_id -> Binary,
        delta -> BigInt,
    }
}

diesel::table! {
    accounts (chain_id, membership_id, asset) {
        chain_id -> Binary,
        membership_id -> Binary,
        asset -> Text,
        balance -> BigInt,
        debt -> BigInt,
    }
}

diesel::table! {
    measures (chain_id, membership_id, measure, day) {
        chain_id -> Binary,
        membership_id -> Binary,
        measure -> Text,
        day -> Integer,
        amount -> BigInt,
    }
}

diesel::table! {
    tier_changes (chain_id, membership_id, at, id) {
        chain_id -> Binary,
        membership_id -> Binary,
        at -> BigInt,
        id -> Binary,
        kind -> Text,
        from_tier -> Text,
        to_tier -> Text,
        since -> Integer,
        day -> Integer,
        cause -> Nullable<Binary>,
        figure -> BigInt,
        threshold -> BigInt,
        explanation_zh -> Text,
        explanation_en -> Text,
        figures -> Nullable<Text>,
        valid_through -> Nullable<Integer>,
        own_from -> Nullable<Text>,
        own_to -> Nullable<Text>,
        staff_id -> Nullable<Binary>,
        reason -> Nullable<Text>,
    }
}

diesel::table! {
    recorded_inputs (chain_id, hash) {
        chain_id -> Binary,
        hash -> Binary,
        bytes -> Binary,
    }
}

diesel::table! {
    unjudged (chain_id, bill_id) {
        chain_id -> Binary,
        bill_id -> Binary,
        input -> Binary,
    }
}

diesel::table! {
    idempotency (chain_id, key) {
        chain_id -> Binary,
        key -> Text,
        request_hash -> Binary,
        status -> Integer,
        answer -> Nullable<Text>,
        bill_id -> Nullable<Binary>,
        created_at -> BigInt,
    }
}

diesel::table! {
    audit (chain_id, id) {
        chain_id -> Binary,
        id -> Binary,
        at -> BigInt,
        staff_id -> Nullable<Binary>,
        session_id -> Nullable<Binary>,
        source_ip -> Nullable<Text>,
        action -> Text,
        subject -> Nullable<Binary>,
        detail -> Text,
        lane -> Integer,
        seq -> BigInt,
        previous -> Binary,
        hash -> Binary,
    }
}

diesel::table! {
    audit_lanes (lane) {
        lane -> Integer,
        epoch -> BigInt,
        owner -> Nullable<Binary>,
        seq -> BigInt,
        head -> Binary,
        used_at -> BigInt,
    }
}

diesel::table! {
    audit_checkpoints (number) {
        number -> BigInt,
        at -> BigInt,
        document -> Text,
    }
}

diesel::table! {
    outbox (chain_id, id) {
        chain_id -> Binary,
        id -> Binary,
        topic -> Text,
        payload -> Text,
        created_at -> BigInt,
        delivered_at -> Nullable<BigInt>,
    }
}

diesel::table! {
    imports (chain_id, id) {
        chain_id -> Binary,
        id -> Binary,
        source_hash -> Binary,
        mapping_hash -> Binary,
        lines_done -> BigInt,
        state -> Text,
        report -> Text,
        updated_at -> BigInt,
    }
}

diesel::table! {
    journal (chain_id, id) {
        chain_id -> Binary,
        id -> Binary,
        customer_id -> Binary,
        category -> Text,
        occurred_at -> BigInt,
        due_on -> Nullable<Integer>,
        resolved -> Bool,
        amount -> Nullable<BigInt>,
        quantity -> Nullable<BigInt>,
        corrects -> Nullable<Binary>,
        texts -> Binary,
        staff_id -> Nullable<Binary>,
        written_at -> BigInt,
    }
}

diesel::table! {
    customer_merges (chain_id, id) {
        chain_id -> Binary,
        id -> Binary,
        customer_id -> Binary,
        merged_id -> Binary,
        content -> Binary,
        staff_id -> Nullable<Binary>,
        merged_at -> BigInt,
        undone_by -> Nullable<Binary>,
        undone_at -> Nullable<BigInt>,
    }
}

diesel::table! {
    customer_merge_moves (chain_id, merge_id, kind, row_id) {
        chain_id -> Binary,
        merge_id -> Binary,
        kind -> Text,
        row_id -> Binary,
    }
}

diesel::table! {
    files (chain_id, id) {
        chain_id -> Binary,
        id -> Binary,
        customer_id -> Binary,
        record_id -> Nullable<Binary>,
        journal_id -> Nullable<Binary>,
        media_type -> Text,
        size -> BigInt,
        address -> Binary,
        thumbnail -> Nullable<Binary>,
        sealed -> Binary,
        staff_id -> Nullable<Binary>,
        created_at -> BigInt,
    }
}

diesel::table! {
    customer_changes (chain_id, id) {
        chain_id -> Binary,
        id -> Binary,
        customer_id -> Binary,
        earlier -> Binary,
        staff_id -> Nullable<Binary>,
        at -> BigInt,
    }
}

diesel::table! {
    customer_forms (chain_id, id) {
        chain_id -> Binary,
        id -> Binary,
        customer_id -> Binary,
        digest -> Binary,
        groups -> Text,
        state -> Text,
        expires_at -> BigInt,
        answers -> Nullable<Binary>,
        staff_id -> Nullable<Binary>,
        created_at -> BigInt,
        answered_at -> Nullable<BigInt>,
        reviewed_by -> Nullable<Binary>,
        reviewed_at -> Nullable<BigInt>,
    }
}

diesel::table! {
    file_imports (chain_id, id) {
        chain_id -> Binary,
        id -> Binary,
        name -> Text,
        type_id -> Nullable<Binary>,
        format -> Text,
        encoding -> Nullable<Text>,
        state -> Text,
        data_key -> Binary,
        parts -> Integer,
        header_hash -> Nullable<Binary>,
        preview -> Binary,
        mapping -> Text,
        rows_total -> Nullable<BigInt>,
        rows_done -> BigInt,
        created_count -> BigInt,
        updated_count -> BigInt,
        skipped_count -> BigInt,
        bad_count -> BigInt,
        kept_count -> BigInt,
        staff_id -> Nullable<Binary>,
        created_at -> BigInt,
        version -> BigInt,
    }
}

diesel::table! {
    file_import_parts (chain_id, import_id, part) {
        chain_id -> Binary,
        import_id -> Binary,
        part -> Integer,
        content -> Binary,
    }
}

diesel::table! {
    file_import_faults (chain_id, import_id, line) {
        chain_id -> Binary,
        import_id -> Binary,
        line -> BigInt,
        place -> Integer,
        reason -> Binary,
    }
}

diesel::table! {
    file_import_changes (chain_id, import_id, line) {
        chain_id -> Binary,
        import_id -> Binary,
        line -> BigInt,
        subject_id -> Binary,
        change -> Nullable<Binary>,
    }
}

diesel::table! {
    approvals (chain_id, id) {
        chain_id -> Binary,
        id -> Binary,
        kind -> Text,
        subject_id -> Binary,
        subject_version -> Integer,
        store_id -> Nullable<Binary>,
        hash -> Binary,
        steps -> Text,
        makers -> Text,
        amount -> Nullable<BigInt>,
        summary -> Text,
        state -> Text,
        asked_by -> Nullable<Binary>,
        asked_at -> BigInt,
        expires_at -> BigInt,
        ended_at -> Nullable<BigInt>,
        request -> Nullable<Text>,
        used_at -> Nullable<BigInt>,
    }
}

diesel::table! {
    approval_decisions (chain_id, approval_id, id) {
        chain_id -> Binary,
        approval_id -> Binary,
        id -> Binary,
        staff_id -> Nullable<Binary>,
        person_id -> Nullable<Binary>,
        agreed -> Bool,
        remark -> Nullable<Binary>,
        at -> BigInt,
    }
}

diesel::table! {
    contract_types (chain_id, id) {
        chain_id -> Binary,
        id -> Binary,
        code -> Text,
        name_zh -> Text,
        name_en -> Text,
        category -> Text,
        required -> Text,
        party_fields -> Text,
        fields -> Text,
        fields_version -> Integer,
        approvals -> Text,
        active -> Bool,
        created_at -> BigInt,
        version -> BigInt,
    }
}

diesel::table! {
    contracts (chain_id, id) {
        chain_id -> Binary,
        id -> Binary,
        type_id -> Binary,
        customer_id -> Binary,
        store_id -> Binary,
        author_id -> Nullable<Binary>,
        number -> Nullable<Text>,
        state -> Text,
        fulfilment -> Text,
        amount -> Nullable<BigInt>,
        starts_on -> Nullable<Integer>,
        ends_on -> Nullable<Integer>,
        signed_on -> Nullable<Integer>,
        ended_on -> Nullable<Integer>,
        main_id -> Nullable<Binary>,
        supplement -> Nullable<Integer>,
        predecessor_id -> Nullable<Binary>,
        scan_id -> Nullable<Binary>,
        scan_hash -> Nullable<Binary>,
        data_key -> Binary,
        content -> Binary,
        parties -> Nullable<Binary>,
        content_version -> Integer,
        hash -> Binary,
        created_at -> BigInt,
        changed_at -> BigInt,
        version -> BigInt,
        template_number -> Nullable<Integer>,
    }
}

diesel::table! {
    contract_templates (chain_id, type_id, number) {
        chain_id -> Binary,
        type_id -> Binary,
        number -> Integer,
        document -> Text,
        staff_id -> Nullable<Binary>,
        created_at -> BigInt,
    }
}

diesel::table! {
    contract_versions (chain_id, contract_id, number) {
        chain_id -> Binary,
        contract_id -> Binary,
        number -> Integer,
        content -> Binary,
        hash -> Binary,
        staff_id -> Nullable<Binary>,
        at -> BigInt,
    }
}

diesel::table! {
    contract_events (chain_id, contract_id, id) {
        chain_id -> Binary,
        contract_id -> Binary,
        id -> Binary,
        step -> Text,
        state -> Text,
        content_version -> Integer,
        staff_id -> Nullable<Binary>,
        note -> Nullable<Binary>,
        at -> BigInt,
    }
}

diesel::table! {
    contract_looks (chain_id, contract_id, staff_id) {
        chain_id -> Binary,
        contract_id -> Binary,
        staff_id -> Binary,
        content_version -> Integer,
    }
}

diesel::table! {
    contract_milestones (chain_id, contract_id, number) {
        chain_id -> Binary,
        contract_id -> Binary,
        number -> Integer,
        kind -> Text,
        due_on -> Integer,
        amount -> Nullable<BigInt>,
        replaced -> Bool,
        done_at -> Nullable<BigInt>,
        done_by -> Nullable<Binary>,
    }
}

diesel::table! {
    filing_numbers (chain_id, category, year) {
        chain_id -> Binary,
        category -> Text,
        year -> Integer,
        last -> BigInt,
    }
}

diesel::table! {
    messages (chain_id, id) {
        chain_id -> Binary,
        id -> Binary,
        kind -> Text,
        channel -> Nullable<Text>,
        customer_id -> Nullable<Binary>,
        staff_id -> Nullable<Binary>,
        subject_id -> Nullable<Binary>,
        details -> Text,
        source_key -> Nullable<Text>,
        state -> Text,
        reason -> Nullable<Text>,
        tries -> Integer,
        due_at -> BigInt,
        next_at -> BigInt,
        lease_until -> Nullable<BigInt>,
        letter -> Nullable<Binary>,
        shown_to -> Nullable<Text>,
        code -> Nullable<Text>,
        said -> Nullable<Text>,
        created_at -> BigInt,
        ended_at -> Nullable<BigInt>,
    }
}

diesel::table! {
    message_channels (chain_id, name) {
        chain_id -> Binary,
        name -> Text,
        document -> Text,
        secret -> Nullable<Binary>,
        active -> Bool,
        version -> BigInt,
    }
}

diesel::table! {
    message_refusals (chain_id, customer_id, purpose) {
        chain_id -> Binary,
        customer_id -> Binary,
        purpose -> Text,
        at -> BigInt,
    }
}

diesel::table! {
    staff_contacts (chain_id, staff_id) {
        chain_id -> Binary,
        staff_id -> Binary,
        contact -> Binary,
        version -> BigInt,
    }
}

diesel::table! {
    contract_originals (chain_id, contract_id) {
        chain_id -> Binary,
        contract_id -> Binary,
        custodian_id -> Binary,
        place -> Nullable<Text>,
        since -> BigInt,
        missing_since -> Nullable<BigInt>,
        stock_take_id -> Nullable<Binary>,
    }
}

diesel::table! {
    custody_events (chain_id, contract_id, event_id) {
        chain_id -> Binary,
        contract_id -> Binary,
        event_id -> Binary,
        step -> Text,
        from_id -> Nullable<Binary>,
        to_id -> Nullable<Binary>,
        place -> Nullable<Text>,
        lending_id -> Nullable<Binary>,
        stock_take_id -> Nullable<Binary>,
    }
}

diesel::table! {
    stock_takes (chain_id, id) {
        chain_id -> Binary,
        id -> Binary,
        store_id -> Nullable<Binary>,
        custodian_id -> Nullable<Binary>,
        begun_by -> Nullable<Binary>,
        begun_at -> BigInt,
        closed_by -> Nullable<Binary>,
        closed_at -> Nullable<BigInt>,
    }
}

diesel::table! {
    stock_take_items (chain_id, stock_take_id, number) {
        chain_id -> Binary,
        stock_take_id -> Binary,
        number -> Text,
        contract_id -> Nullable<Binary>,
        custodian_id -> Nullable<Binary>,
        expected -> Bool,
        outcome -> Nullable<Text>,
        at -> Nullable<BigInt>,
        staff_id -> Nullable<Binary>,
    }
}

diesel::table! {
    terms (chain_id, id) {
        chain_id -> Binary,
        id -> Binary,
        kind -> Text,
        number -> Integer,
        least -> Integer,
        document -> Text,
        hash -> Binary,
        staff_id -> Nullable<Binary>,
        created_at -> BigInt,
    }
}

diesel::table! {
    term_acceptances (chain_id, id) {
        chain_id -> Binary,
        id -> Binary,
        membership_id -> Binary,
        terms_id -> Binary,
        kind -> Text,
        number -> Integer,
        channel -> Text,
        at -> BigInt,
        noted_at -> BigInt,
        staff_id -> Nullable<Binary>,
    }
}

diesel::table! {
    webhook_endpoints (chain_id, id) {
        chain_id -> Binary,
        id -> Binary,
        name -> Text,
        url -> Text,
        topics -> Text,
        secret -> Binary,
        previous_secret -> Nullable<Binary>,
        previous_until -> Nullable<BigInt>,
        active -> Bool,
        since -> Binary,
        failing_since -> Nullable<BigInt>,
        off_at -> Nullable<BigInt>,
        off_why -> Nullable<Text>,
        version -> BigInt,
        created_at -> BigInt,
    }
}

diesel::table! {
    webhook_deliveries (chain_id, id) {
        chain_id -> Binary,
        id -> Binary,
        endpoint_id -> Binary,
        event_id -> Binary,
        state -> Text,
        tries -> Integer,
        due_at -> BigInt,
        next_at -> BigInt,
        lease_until -> Nullable<BigInt>,
        code -> Nullable<Integer>,
        said -> Nullable<Text>,
        created_at -> BigInt,
        ended_at -> Nullable<BigInt>,
    }
}

diesel::table! {
    adjustments (chain_id, id) {
        chain_id -> Binary,
        id -> Binary,
        membership_id -> Binary,
        store_id -> Binary,
        staff_id -> Nullable<Binary>,
        person_id -> Nullable<Binary>,
        asset -> Text,
        amount -> BigInt,
        reason -> Text,
        note -> Nullable<Text>,
        reference -> Nullable<Text>,
        approved -> Bool,
        entry_id -> Binary,
        at -> BigInt,
    }
}

diesel::table! {
    transfers (chain_id, id) {
        chain_id -> Binary,
        id -> Binary,
        from_id -> Binary,
        to_id -> Binary,
        store_id -> Binary,
        staff_id -> Nullable<Binary>,
        asset -> Text,
        amount -> BigInt,
        at -> BigInt,
    }
}

diesel::table! {
    pools (chain_id, id) {
        chain_id -> Binary,
        id -> Binary,
        program_id -> Binary,
        head_id -> Binary,
        name -> Text,
        store_id -> Binary,
        staff_id -> Nullable<Binary>,
        opened_at -> BigInt,
        closed_at -> Nullable<BigInt>,
    }
}

diesel::table! {
    pool_members (chain_id, id) {
        chain_id -> Binary,
        id -> Binary,
        pool_id -> Binary,
        membership_id -> Binary,
        joined_at -> BigInt,
        joined_by -> Nullable<Binary>,
        reason -> Text,
        left_at -> Nullable<BigInt>,
        left_by -> Nullable<Binary>,
        left_reason -> Nullable<Text>,
    }
}

diesel::table! {
    pool_draws (chain_id, bill_id, lot_id) {
        chain_id -> Binary,
        bill_id -> Binary,
        lot_id -> Binary,
        membership_id -> Binary,
        lender_id -> Binary,
        lender_lot_id -> Binary,
        amount -> BigInt,
    }
}

diesel::table! {
    holds (chain_id, id) {
        chain_id -> Binary,
        id -> Binary,
        membership_id -> Binary,
        card_id -> Nullable<Binary>,
        store_id -> Binary,
        staff_id -> Nullable<Binary>,
        asset -> Text,
        amount -> BigInt,
        captured -> BigInt,
        purpose -> Text,
        state -> Text,
        created_at -> BigInt,
        expires_at -> BigInt,
        ended_at -> Nullable<BigInt>,
        entry_id -> Nullable<Binary>,
    }
}

diesel::table! {
    voucher_kinds (chain_id, id) {
        chain_id -> Binary,
        id -> Binary,
        code -> Text,
        name_zh -> Text,
        name_en -> Text,
        rules -> Text,
        issued -> BigInt,
        used -> BigInt,
        active -> Bool,
        version -> BigInt,
    }
}

diesel::table! {
    voucher_batches (chain_id, id) {
        chain_id -> Binary,
        id -> Binary,
        kind_id -> Binary,
        store_id -> Nullable<Binary>,
        quantity -> BigInt,
        first_serial -> BigInt,
        note -> Nullable<Text>,
        staff_id -> Nullable<Binary>,
        created_at -> BigInt,
        blocked -> Bool,
        reason -> Nullable<Text>,
    }
}

diesel::table! {
    vouchers (chain_id, id) {
        chain_id -> Binary,
        id -> Binary,
        kind_id -> Binary,
        batch_id -> Nullable<Binary>,
        serial -> BigInt,
        digest -> Binary,
        sealed -> Binary,
        membership_id -> Nullable<Binary>,
        store_id -> Nullable<Binary>,
        issued_on -> Integer,
        own_amount -> Nullable<BigInt>,
        own_last_day -> Nullable<Integer>,
        used -> BigInt,
        state -> Text,
        reason -> Nullable<Text>,
        bill_id -> Nullable<Binary>,
        staff_id -> Nullable<Binary>,
        created_at -> BigInt,
    }
}

diesel::table! {
    voucher_uses (chain_id, id) {
        chain_id -> Binary,
        id -> Binary,
        voucher_id -> Binary,
        kind_id -> Binary,
        membership_id -> Nullable<Binary>,
        bill_id -> Binary,
        position -> Integer,
        amount -> BigInt,
        undone -> Bool,
    }
}

diesel::table! {
    reward_pictures (chain_id, reward_id) {
        chain_id -> Binary,
        reward_id -> Binary,
        jpeg -> Binary,
        changed_at -> BigInt,
    }
}

diesel::table! {
    reward_stocks (chain_id, reward_id, store_id) {
        chain_id -> Binary,
        reward_id -> Binary,
        store_id -> Binary,
        stock -> BigInt,
    }
}

diesel::table! {
    reward_claims (chain_id, bill_id) {
        chain_id -> Binary,
        bill_id -> Binary,
        reward_id -> Binary,
        membership_id -> Binary,
        store_id -> Binary,
        quantity -> BigInt,
        from_store -> Bool,
        state -> Text,
        applied_at -> BigInt,
        ready_at -> Nullable<BigInt>,
        collect_by -> Nullable<Integer>,
        collected_at -> Nullable<BigInt>,
        collector -> Nullable<Text>,
        staff_id -> Nullable<Binary>,
    }
}

diesel::table! {
    card_batches (chain_id, id) {
        chain_id -> Binary,
        id -> Binary,
        program_id -> Binary,
        kind -> Text,
        place_id -> Binary,
        name -> Text,
        quantity -> Integer,
        drawn -> Integer,
        valid_through -> Nullable<Integer>,
        staff_id -> Nullable<Binary>,
        created_at -> BigInt,
    }
}

diesel::table! {
    card_blanks (chain_id, number) {
        chain_id -> Binary,
        number -> Text,
        batch_id -> Binary,
        serial -> Integer,
        place_id -> Binary,
        state -> Text,
        card_id -> Nullable<Binary>,
    }
}

diesel::table! {
    card_moves (chain_id, id) {
        chain_id -> Binary,
        id -> Binary,
        batch_id -> Binary,
        first_serial -> Integer,
        last_serial -> Integer,
        step -> Text,
        from_place -> Nullable<Binary>,
        to_place -> Binary,
        staff_id -> Nullable<Binary>,
        at -> BigInt,
        reason -> Nullable<Text>,
        transfer_id -> Nullable<Binary>,
        count_id -> Nullable<Binary>,
        card_id -> Nullable<Binary>,
    }
}

diesel::table! {
    card_stock (chain_id, place_id, batch_id, state) {
        chain_id -> Binary,
        place_id -> Binary,
        batch_id -> Binary,
        state -> Text,
        quantity -> BigInt,
    }
}

diesel::table! {
    card_transfers (chain_id, id) {
        chain_id -> Binary,
        id -> Binary,
        from_place -> Binary,
        to_place -> Binary,
        quantity -> Integer,
        lost -> Integer,
        damaged -> Integer,
        note -> Nullable<Text>,
        sent_by -> Nullable<Binary>,
        sent_at -> BigInt,
        received_by -> Nullable<Binary>,
        received_at -> Nullable<BigInt>,
        reason -> Nullable<Text>,
    }
}

diesel::table! {
    card_counts (chain_id, id) {
        chain_id -> Binary,
        id -> Binary,
        place_id -> Binary,
        batch_id -> Nullable<Binary>,
        begun_by -> Nullable<Binary>,
        begun_at -> BigInt,
        closed_by -> Nullable<Binary>,
        closed_at -> Nullable<BigInt>,
        signed_by -> Nullable<Binary>,
        signed_at -> Nullable<BigInt>,
        remark -> Nullable<Text>,
    }
}

diesel::table! {
    card_count_items (chain_id, count_id, number) {
        chain_id -> Binary,
        count_id -> Binary,
        number -> Text,
        position -> Integer,
        batch_id -> Nullable<Binary>,
        serial -> Nullable<Integer>,
        expected -> Bool,
        outcome -> Nullable<Text>,
        staff_id -> Nullable<Binary>,
        at -> Nullable<BigInt>,
    }
}

diesel::table! {
    campaigns (chain_id, id) {
        chain_id -> Binary,
        id -> Binary,
        program_id -> Binary,
        code -> Text,
        name_zh -> Text,
        name_en -> Text,
        rules -> Text,
        given -> BigInt,
        active -> Bool,
        version -> BigInt,
    }
}

diesel::table! {
    campaign_versions (chain_id, campaign_id, version) {
        chain_id -> Binary,
        campaign_id -> Binary,
        version -> BigInt,
        program_id -> Binary,
        from_at -> BigInt,
        code -> Text,
        name_zh -> Text,
        name_en -> Text,
        rules -> Text,
        active -> Bool,
    }
}

diesel::table! {
    campaign_uses (chain_id, campaign_id, membership_id, id) {
        chain_id -> Binary,
        campaign_id -> Binary,
        membership_id -> Binary,
        id -> Binary,
        version -> BigInt,
        bill_id -> Nullable<Binary>,
        occasion -> Nullable<Text>,
        day -> Integer,
        points -> BigInt,
        let_off -> BigInt,
    }
}

diesel::table! {
    tags (chain_id, id) {
        chain_id -> Binary,
        id -> Binary,
        name -> Text,
        active -> Bool,
        version -> BigInt,
    }
}

diesel::table! {
    customer_tags (chain_id, tag_id, customer_id) {
        chain_id -> Binary,
        tag_id -> Binary,
        customer_id -> Binary,
        set_by -> Nullable<Binary>,
        set_at -> BigInt,
    }
}

diesel::table! {
    segments (chain_id, id) {
        chain_id -> Binary,
        id -> Binary,
        name -> Text,
        rules -> Text,
        active -> Bool,
        version -> BigInt,
    }
}

diesel::table! {
    card_pins (chain_id, card_id) {
        chain_id -> Binary,
        card_id -> Binary,
        hash -> Text,
        tries -> BigInt,
        set_at -> BigInt,
    }
}

diesel::table! {
    card_codes (chain_id, card_id, step) {
        chain_id -> Binary,
        card_id -> Binary,
        step -> BigInt,
    }
}

diesel::table! {
    measure_totals (chain_id, membership_id, measure) {
        chain_id -> Binary,
        membership_id -> Binary,
        measure -> Text,
        amount -> BigInt,
    }
}

diesel::table! {
    top_ups (chain_id, id) {
        chain_id -> Binary,
        id -> Binary,
        membership_id -> Binary,
        store_id -> Binary,
        at -> BigInt,
        paid_on -> Integer,
        paid -> BigInt,
        granted -> BigInt,
        offer -> Nullable<Text>,
        principal_lot -> Nullable<Binary>,
        bonus_lot -> Nullable<Binary>,
        payer -> Text,
        payer_id -> Nullable<Binary>,
        staff_id -> Nullable<Binary>,
        refund_id -> Nullable<Binary>,
        refunded -> Nullable<BigInt>,
        refund_reason -> Nullable<Text>,
    }
}

diesel::table! {
    passes (chain_id, id) {
        chain_id -> Binary,
        id -> Binary,
        membership_id -> Binary,
        store_id -> Binary,
        at -> BigInt,
        paid_on -> Integer,
        service -> Text,
        name -> Text,
        sessions -> BigInt,
        gifts -> BigInt,
        paid -> BigInt,
        list -> BigInt,
        valid_through -> Nullable<Integer>,
        paid_lot -> Nullable<Binary>,
        gift_lot -> Nullable<Binary>,
        staff_id -> Nullable<Binary>,
        refund_id -> Nullable<Binary>,
        refunded -> Nullable<BigInt>,
        refund_reason -> Nullable<Text>,
    }
}

diesel::table! {
    pass_uses (chain_id, id) {
        chain_id -> Binary,
        id -> Binary,
        pass_id -> Binary,
        membership_id -> Binary,
        store_id -> Binary,
        at -> BigInt,
        sessions -> BigInt,
        therapist_id -> Binary,
        confirmation -> Text,
        staff_id -> Nullable<Binary>,
        cancelled_by -> Nullable<Binary>,
    }
}

diesel::table! {
    renewals (chain_id, id) {
        chain_id -> Binary,
        id -> Binary,
        membership_id -> Binary,
        staff_id -> Nullable<Binary>,
        store_id -> Binary,
        at -> BigInt,
        applied_on -> Integer,
        was_valid_through -> Integer,
        valid_through -> Integer,
        reopened -> Bool,
        points_ended -> BigInt,
        rule -> Text,
        explanation_zh -> Text,
        explanation_en -> Text,
        configuration_id -> Binary,
        input_hash -> Nullable<Binary>,
    }
}

diesel::table! {
    openings (chain_id, id) {
        chain_id -> Binary,
        id -> Binary,
        name -> Text,
        digest -> Binary,
        store_id -> Binary,
        state -> Text,
        rows_total -> BigInt,
        members_total -> BigInt,
        members_done -> BigInt,
        points -> BigInt,
        principal -> BigInt,
        bonus -> BigInt,
        sessions -> BigInt,
        warnings -> BigInt,
        staff_id -> Nullable<Binary>,
        created_at -> BigInt,
        version -> BigInt,
    }
}

diesel::table! {
    holder_transfers (chain_id, id) {
        chain_id -> Binary,
        id -> Binary,
        membership_id -> Binary,
        from_id -> Binary,
        to_id -> Binary,
        store_id -> Binary,
        staff_id -> Nullable<Binary>,
        from_document -> Text,
        to_document -> Text,
        reason -> Text,
        at -> BigInt,
    }
}

diesel::table! {
    plugin_questions (chain_id, id) {
        chain_id -> Binary,
        id -> Binary,
        function -> Text,
        subject_id -> Binary,
        at -> BigInt,
        configuration_id -> Binary,
        input_hash -> Binary,
    }
}

diesel::table! {
    opening_members (chain_id, opening_id, line) {
        chain_id -> Binary,
        opening_id -> Binary,
        line -> BigInt,
        membership_id -> Binary,
        undone -> Bool,
    }
}

diesel::table! {
    membership_merges (chain_id, id) {
        chain_id -> Binary,
        id -> Binary,
        membership_id -> Binary,
        merged_id -> Binary,
        store_id -> Binary,
        staff_id -> Nullable<Binary>,
        reason -> Text,
        content -> Text,
        merged_at -> BigInt,
        undone_by -> Nullable<Binary>,
        undone_at -> Nullable<BigInt>,
    }
}

diesel::table! {
    opening_rows (chain_id, opening_id, line) {
        chain_id -> Binary,
        opening_id -> Binary,
        line -> BigInt,
        membership_id -> Binary,
        entry_id -> Binary,
        asset -> Text,
        amount -> BigInt,
    }
}

diesel::table! {
    merged_lots (chain_id, merge_id, lot_id) {
        chain_id -> Binary,
        merge_id -> Binary,
        lot_id -> Binary,
        heir_id -> Binary,
        moved -> BigInt,
        came -> BigInt,
    }
}

diesel::table! {
    lot_extensions (chain_id, lot_id, at) {
        chain_id -> Binary,
        lot_id -> Binary,
        at -> BigInt,
        membership_id -> Binary,
        with_membership -> Bool,
        was_expires_at -> Nullable<BigInt>,
        expires_at -> BigInt,
        rule -> Text,
        explanation_zh -> Text,
        explanation_en -> Text,
        configuration_id -> Binary,
        input_hash -> Binary,
    }
}

// Those that queries join: for each pair of them diesel has code to compile.
diesel::allow_tables_to_appear_in_same_query!(
    terms,
    term_acceptances,
    contract_originals,
    stock_takes,
    stock_take_items,
    contract_types,
    contracts,
    contract_looks,
    contract_milestones,
    files,
    file_imports,
    file_import_parts,
    file_import_faults,
    customer_merges,
    customer_merge_moves,
    journal,
    lendings,
    text_grams,
    retention,
    deletions,
    installation,
    journal_answers,
    tasks,
    settings,
    warnings,
    satisfaction,
    visit_reports,
    visit_report_visits,
    card_completeness,
    task_checks,
    calendar_feeds,
    chains,
    regions,
    stores,
    staff,
    staff_stores,
    sessions,
    customers,
    customer_indexes,
    customer_cards,
    customer_classes,
    class_rules,
    record_types,
    records,
    record_events,
    search_grams,
    components,
    programs,
    configurations,
    rewards,
    memberships,
    cards,
    card_events,
    bills,
    entries,
    lots,
    lot_moves,
    accounts,
    tier_changes,
    recorded_inputs,
    lot_extensions,
    unjudged,
    idempotency,
    audit,
    outbox,
    messages,
    webhook_deliveries,
    adjustments,
    pools,
    pool_members,
    voucher_kinds,
    card_batches,
    card_blanks,
    card_moves,
    card_stock,
    card_transfers,
    campaigns,
    campaign_uses,
    tags,
    customer_tags,
    segments,
    renewals,
    membership_merges,
);
