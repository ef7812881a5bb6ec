//! Plans as tables for a terminal.

use super::{Planned, Report, tree};
use crate::plan::{Plan, aks_engine, kops};
use crate::report::text::shown;

/// The plans, a paragraph for each document.
pub fn render(report: &Report<'_>) -> String {
    let mut text = String::new();
    for unreadable in &report.unreadable {
        text.push_str(&shown(&format!("unreadable {}: {}", unreadable.place(), unreadable.message)));
        text.push('\n');
    }
    let tree = report.ako.iter().map(|ako| tree::render(&ako.plan, &ako.judged));
    let paragraphs: Vec<String> = tree.chain(report.planned.iter().map(paragraph)).collect();
    text.push_str(&paragraphs.join("\n"));
    let remarks = report.remarks();
    if !remarks.is_empty() {
        text.push_str(if paragraphs.is_empty() { "Remarks\n" } else { "\nRemarks\n" });
        text.extend(remarks.iter().map(|remark| format!("  {}\n", shown(remark))));
    }
    text
}

fn paragraph(planned: &Planned<'_>) -> String {
    let head = shown(&format!("{} ({})", planned.object, planned.file));
    let body = match &planned.plan {
        Plan::Kops(plan) => of_kops(plan),
        Plan::AksEngine(plan) => of_aks_engine(plan),
    };
    format!("{head}\n{body}")
}

fn of_kops(plan: &kops::Plan<'_>) -> String {
    let mut text = format!("  IPv6 ranges are cut from {}\n\n", plan.pool.describe());
    let head = ["SUBNET", "TYPE", "ZONE", "IPV4", "IPV6", "64:ff9b::/96", "::/0", "0.0.0.0/0"];
    let mut rows = vec![head.map(str::to_owned)];
    for kops::Planned { subnet, ipv6, routes } in &plan.subnets {
        // what nobody can tell before the VPC exists stays as written
        let ipv6 = ipv6.map_or(subnet.ipv6_cidr().text().to_owned(), |range| range.to_string());
        let [name, kind, zone, cidr] =
            [subnet.name(), subnet.kind(), subnet.zone(), subnet.cidr()].map(str::to_owned);
        let [nat64, default, ipv4] = [routes.nat64, routes.ipv6, routes.ipv4].map(kops::named);
        rows.push([name, kind, zone, cidr, ipv6, nat64, default, ipv4]);
    }
    text.push_str(&table(&rows));
    if plan.gateways.is_empty() {
        return text;
    }
    let mut rows = vec![["ZONE", "NAT GATEWAY"].map(str::to_owned)];
    for (zone, gateway) in &plan.gateways {
        rows.push([(*zone).to_owned(), gateway.describe()]);
    }
    text.push('\n');
    text.push_str(&table(&rows));
    text
}

fn of_aks_engine(plan: &aks_engine::Plan) -> String {
    let rows: Vec<[String; 2]> =
        plan.values.iter().map(|(name, value)| [(*name).to_owned(), value.to_string()]).collect();
    let mut text = table(&rows);
    if let Some(bits) = plan.node_bits {
        let (nodes, noun) = (1_u64 << bits, if bits == 0 { "node" } else { "nodes" });
        text.push_str(&format!("  The IPv6 pod range has room for {nodes} {noun}.\n"));
    }
    text
}

/// Columns as wide as their widest cell; an empty cell is a dash.
fn table<const N: usize>(rows: &[[String; N]]) -> String {
    let shown_in = |cell: &String| if cell.is_empty() { "-".to_owned() } else { shown(cell) };
    let rows: Vec<[String; N]> = rows.iter().map(|row| row.each_ref().map(shown_in)).collect();
    let mut widths = [0; N];
    for row in &rows {
        for (width, cell) in widths.iter_mut().zip(row) {
            *width = cell.chars().count().max(*width);
        }
    }
    let mut text = String::new();
    for row in &rows {
        let cells: Vec<String> =
            row.iter().zip(widths).map(|(cell, width)| format!("{cell:<width$}")).collect();
        text.push_str(&format!("  {}\n", cells.join("  ").trim_end()));
    }
    text
}
