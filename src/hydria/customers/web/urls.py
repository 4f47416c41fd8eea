"""Addresses of the front office."""

from __future__ import annotations

from django.urls import path

from hydria.customers.web import papers, settings, views

ACCOUNT, AGREEMENT = "accounts/<int:account_id>", "agreements/<int:agreement_id>"

urlpatterns = [
    path("customers/new/", views.connect, name="customer_new"),
    path("customers/alike/", views.find_alike, name="customers_alike"),
    path("customers/places/", views.find_places, name="customers_places"),
    path("agreements/excluded/", views.show_exclusions, name="exclusions"),
    # An account and its holder
    path(f"{ACCOUNT}/acts/", views.show_acts, name="account_acts"),
    path(f"{ACCOUNT}/holder/", views.change_holder, name="holder_change"),
    path(f"{ACCOUNT}/particulars/", views.change_party, name="party_change"),
    path(f"{ACCOUNT}/identifiers/new/", views.add_identifier, name="identifier_new"),
    path(f"{ACCOUNT}/notes/new/", papers.write_note, name="note_new"),
    path(f"{ACCOUNT}/files/new/", papers.attach_file, name="file_new"),
    path(f"{ACCOUNT}/files/<int:attachment_id>/withdraw/", papers.withdraw_file, name="file_withdraw"),
    path(f"{ACCOUNT}/alerts/new/", papers.raise_alert, name="alert_new"),
    path(f"{ACCOUNT}/alerts/<int:marker_id>/lift/", papers.lift_alert, name="alert_lift"),
    path("files/<int:attachment_id>/", papers.show_file, name="file"),
    # An agreement
    path(f"{AGREEMENT}/customer/", views.move, name="agreement_move"),
    path(f"{AGREEMENT}/end/", views.end, name="agreement_end"),
    path(f"{AGREEMENT}/terms/", views.change_terms, name="agreement_terms"),
    path(f"{AGREEMENT}/units/", views.change_units, name="agreement_units"),
    path(f"{AGREEMENT}/exemptions/new/", views.exempt, name="agreement_exempt"),
    path(f"{AGREEMENT}/exemptions/<int:exemption_id>/end/", views.end_exemption, name="exemption_end"),
    path(f"{AGREEMENT}/exclusion/", views.exclude, name="agreement_exclude"),
    path(f"{AGREEMENT}/inclusion/", views.include, name="agreement_include"),
    path(f"{AGREEMENT}/suspension/", views.suspend, name="agreement_suspend"),
    path(f"{AGREEMENT}/resumption/", views.resume, name="agreement_resume"),
    path(f"{AGREEMENT}/contract/", papers.print_contract, name="contract_print"),
    # Set by the administrator
    path("documents/types/", settings.show_document_types, name="document_types"),
    path("documents/types/new/", settings.edit_document_type, name="document_type_new"),
    path("documents/types/<slug:code>/", settings.edit_document_type, name="document_type"),
    path("documents/contracts/", settings.show_contract_templates, name="contract_templates"),
    path("documents/contracts/new/", settings.edit_contract_template, name="contract_template_new"),
    path("documents/contracts/<int:template_id>/", settings.edit_contract_template, name="contract_template"),
    path("documents/debt-rule/", settings.edit_debt_rule, name="debt_rule"),
]
