//! The rules about kOps (kops.md), sorted by name.

use crate::rule::Rule;

mod calico_setting_against_ipv6;
mod cilium_setting_against_ipv6;
mod classic_api_load_balancer;
mod dual_stack_subnet_in_ipv4_cluster;
mod dual_stack_without_private_subnet;
mod external_dns_in_ipv6_cluster;
mod external_dns_without_ipv6_records;
mod ipv4_pod_range;
mod ipv4_service_range;
mod ipv6_cluster_outside_aws;
mod ipv6_only_subnet_before_kubernetes_122;
mod ipv6_only_subnet_in_ipv4_cluster;
mod ipv6_service_range_in_ipv4_cluster;
mod ipv6_subnet_range_outside_aws;
mod malformed_calico_detection_method;
mod malformed_ipv6_mode;
mod malformed_subnet_block;
mod malformed_subnet_number;
mod masquerading_cni;
mod misplaced_egress;
mod misplaced_field;
mod missing_cloud_controller_manager;
mod missing_cni;
mod missing_utility_subnet;
mod mixed_egress;
mod mixed_subnet_types;
mod nat_instance_egress;
mod overlapping_subnets;
mod several_cnis;
mod several_public_subnets;
mod several_utility_subnets;
mod shared_subnet_without_ipv4_range;
mod shared_vpc_without_ipv6;
mod shared_vpc_without_ipv6_likely;
mod subnet_longer_than_64;
mod subnet_outside_pool;
mod subnet_over_service_range;
mod subnet_without_ipv6_range;
mod undescribed_release;
mod undocumented_kindnet;
mod unencapsulated_calico_over_ipv4;
mod unknown_egress;
mod unknown_kindnet;
mod unreadable_version;
mod unsupported_cni;
mod unsupported_image;
mod unusual_subnet_length;

/// Every rule, sorted by name.
pub static ALL: &[&Rule] = &[
    &calico_setting_against_ipv6::RULE,
    &cilium_setting_against_ipv6::RULE,
    &classic_api_load_balancer::RULE,
    &dual_stack_subnet_in_ipv4_cluster::RULE,
    &dual_stack_without_private_subnet::RULE,
    &external_dns_in_ipv6_cluster::RULE,
    &external_dns_without_ipv6_records::RULE,
    &ipv4_pod_range::RULE,
    &ipv4_service_range::RULE,
    &ipv6_cluster_outside_aws::RULE,
    &ipv6_only_subnet_before_kubernetes_122::RULE,
    &ipv6_only_subnet_in_ipv4_cluster::RULE,
    &ipv6_service_range_in_ipv4_cluster::RULE,
    &ipv6_subnet_range_outside_aws::RULE,
    &malformed_calico_detection_method::RULE,
    &malformed_ipv6_mode::RULE,
    &malformed_subnet_block::RULE,
    &malformed_subnet_number::RULE,
    &masquerading_cni::RULE,
    &misplaced_egress::RULE,
    &misplaced_field::RULE,
    &missing_cloud_controller_manager::RULE,
    &missing_cni::RULE,
    &missing_utility_subnet::RULE,
    &mixed_egress::RULE,
    &mixed_subnet_types::RULE,
    &nat_instance_egress::RULE,
    &overlapping_subnets::RULE,
    &several_cnis::RULE,
    &several_public_subnets::RULE,
    &several_utility_subnets::RULE,
    &shared_subnet_without_ipv4_range::RULE,
    &shared_vpc_without_ipv6::RULE,
    &shared_vpc_without_ipv6_likely::RULE,
    &subnet_longer_than_64::RULE,
    &subnet_outside_pool::RULE,
    &subnet_over_service_range::RULE,
    &subnet_without_ipv6_range::RULE,
    &undescribed_release::RULE,
    &undocumented_kindnet::RULE,
    &unencapsulated_calico_over_ipv4::RULE,
    &unknown_egress::RULE,
    &unknown_kindnet::RULE,
    &unreadable_version::RULE,
    &unsupported_cni::RULE,
    &unsupported_image::RULE,
    &unusual_subnet_length::RULE,
];
