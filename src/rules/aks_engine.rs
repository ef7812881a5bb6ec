//! The rules about AKS Engine (aks-engine.md), sorted by name.

use crate::rule::Rule;

mod basic_load_balancer;
mod both_ipv6_flags;
mod bridge_network_mode;
mod dual_stack_before_1_16;
mod dual_stack_on_azure_stack_hub;
mod flatcar_pool;
mod internal_ipv6_load_balancer;
mod internal_ipv6_load_balancer_likely;
mod ipv6_first_cluster_subnet;
mod ipv6_first_cluster_subnet_likely;
mod ipv6_node_mask_flag_before_1_17;
mod ipv6_node_mask_flag_with_azure_cni;
mod ipv6_node_mask_out_of_range;
mod malformed_range;
mod misplaced_dns_service_ip;
mod network_mode_without_azure_cni;
mod network_policy_with_azure_cni;
mod old_windows_image;
mod outside_ipv6_only_limits;
mod oversized_service_cidr;
mod several_ranges_without_dual_stack;
mod surplus_ipv6_load_balancer;
mod undersized_cluster_subnet;
mod undescribed_release;
mod undetermined_windows_image;
mod unpaired_cluster_subnet;
mod unpaired_service_cidr;
mod unreadable_version;
mod unsupported_network_mode;
mod unsupported_network_plugin;
mod unsupported_proxy_mode;
mod unsupported_windows_pool;
mod windows_pool_without_exact_version;

/// Every rule, sorted by name.
pub static ALL: &[&Rule] = &[
    &basic_load_balancer::RULE,
    &both_ipv6_flags::RULE,
    &bridge_network_mode::RULE,
    &dual_stack_before_1_16::RULE,
    &dual_stack_on_azure_stack_hub::RULE,
    &flatcar_pool::RULE,
    &internal_ipv6_load_balancer::RULE,
    &internal_ipv6_load_balancer_likely::RULE,
    &ipv6_first_cluster_subnet::RULE,
    &ipv6_first_cluster_subnet_likely::RULE,
    &ipv6_node_mask_flag_before_1_17::RULE,
    &ipv6_node_mask_flag_with_azure_cni::RULE,
    &ipv6_node_mask_out_of_range::RULE,
    &malformed_range::RULE,
    &misplaced_dns_service_ip::RULE,
    &network_mode_without_azure_cni::RULE,
    &network_policy_with_azure_cni::RULE,
    &old_windows_image::RULE,
    &outside_ipv6_only_limits::RULE,
    &oversized_service_cidr::RULE,
    &several_ranges_without_dual_stack::RULE,
    &surplus_ipv6_load_balancer::RULE,
    &undersized_cluster_subnet::RULE,
    &undescribed_release::RULE,
    &undetermined_windows_image::RULE,
    &unpaired_cluster_subnet::RULE,
    &unpaired_service_cidr::RULE,
    &unreadable_version::RULE,
    &unsupported_network_mode::RULE,
    &unsupported_network_plugin::RULE,
    &unsupported_proxy_mode::RULE,
    &unsupported_windows_pool::RULE,
    &windows_pool_without_exact_version::RULE,
];
