//! The rules about Kubernetes (kubernetes.md), sorted by name.

use crate::model::Kind;
use crate::rule::Rule;

mod advertise_address_of_other_family;
mod changed_cluster_ip;
mod changed_legacy_ip_family;
mod changed_load_balancer_class;
mod cluster_cidr_beyond_node_mask;
mod cluster_ip_of_other_family;
mod cluster_ip_outside_service_ranges;
mod deprecated_ipvs_mode;
mod dual_stack_service_on_single_stack_cluster;
mod dual_stack_without_gate;
mod early_family_field;
mod endpoint_outside_address_type;
mod endpoint_slice_gate_off;
mod external_address_of_other_family;
mod external_name_with_families;
mod fqdn_endpoint_slice;
mod headless_service_with_external_access;
mod ignored_legacy_ip_family;
mod incomplete_dual_stack_node;
mod inconsistent_cluster_ips;
mod ipv6_first_with_kubenet;
mod kubeadm_pod_subnet_beyond_node_mask;
mod literal_external_name;
mod misplaced_external_field;
mod misspelt_cluster_cidr_flag;
mod misused_node_mask_flag;
mod node_pod_ranges_of_one_family;
mod node_port_addresses_of_one_family;
mod pod_addresses_of_one_family;
mod pod_with_one_family;
mod proxy_mode_without_dual_stack;
mod removed_kubenet;
mod removed_service_family;
mod repeated_service_family;
mod replaced_ip_family_field;
mod single_node_range;
mod single_stack_network_plugin;
mod two_families_of_single_stack_service;
mod unaccepted_dual_stack_gate;
mod unconfigured_service_family;
mod undescribed_release;
mod unknown_ip_family_policy;
mod unknown_service_family;
mod unread_cluster_cidr;
mod unreadable_version;
mod unsupported_dual_node_ip;
mod unsupported_kubeadm_service_subnet_size;
mod unsupported_service_range_size;
mod unusable_address_type;
mod unusable_cluster_cidr;
mod unusable_cluster_ip;
mod unusable_kubeadm_subnet;
mod unusable_legacy_ip_family;
mod unusable_load_balancer_ip;
mod unusable_node_ip;
mod unusable_node_mask;
mod unusable_proxy_cluster_cidr;
mod unusable_service_cidr;
mod unusable_service_range;
mod unusable_source_range;

/// The forms in which flags of the control plane are written.
const CONTROL_PLANE: &[Kind] = &[Kind::ClusterConfiguration, Kind::ClusterFlags, Kind::Pod];

/// The forms in which the settings of kube-proxy are written.
const PROXY: &[Kind] = &[Kind::ClusterFlags, Kind::KubeProxyConfiguration, Kind::Pod];

/// The forms in which flags of the kubelet are written.
const KUBELET: &[Kind] = &[Kind::ClusterFlags, Kind::InitConfiguration, Kind::JoinConfiguration];

/// Every rule, sorted by name.
pub static ALL: &[&Rule] = &[
    &advertise_address_of_other_family::RULE,
    &changed_cluster_ip::RULE,
    &changed_legacy_ip_family::RULE,
    &changed_load_balancer_class::RULE,
    &cluster_cidr_beyond_node_mask::RULE,
    &cluster_ip_of_other_family::RULE,
    &cluster_ip_outside_service_ranges::RULE,
    &deprecated_ipvs_mode::RULE,
    &dual_stack_service_on_single_stack_cluster::RULE,
    &dual_stack_without_gate::RULE,
    &early_family_field::RULE,
    &endpoint_outside_address_type::RULE,
    &endpoint_slice_gate_off::RULE,
    &external_address_of_other_family::RULE,
    &external_name_with_families::RULE,
    &fqdn_endpoint_slice::RULE,
    &headless_service_with_external_access::RULE,
    &ignored_legacy_ip_family::RULE,
    &incomplete_dual_stack_node::RULE,
    &inconsistent_cluster_ips::RULE,
    &ipv6_first_with_kubenet::RULE,
    &kubeadm_pod_subnet_beyond_node_mask::RULE,
    &literal_external_name::RULE,
    &misplaced_external_field::RULE,
    &misspelt_cluster_cidr_flag::RULE,
    &misused_node_mask_flag::RULE,
    &node_pod_ranges_of_one_family::RULE,
    &node_port_addresses_of_one_family::RULE,
    &pod_addresses_of_one_family::RULE,
    &pod_with_one_family::RULE,
    &proxy_mode_without_dual_stack::RULE,
    &removed_kubenet::RULE,
    &removed_service_family::RULE,
    &repeated_service_family::RULE,
    &replaced_ip_family_field::RULE,
    &single_node_range::RULE,
    &single_stack_network_plugin::RULE,
    &two_families_of_single_stack_service::RULE,
    &unaccepted_dual_stack_gate::RULE,
    &unconfigured_service_family::RULE,
    &undescribed_release::RULE,
    &unknown_ip_family_policy::RULE,
    &unknown_service_family::RULE,
    &unread_cluster_cidr::RULE,
    &unreadable_version::RULE,
    &unsupported_dual_node_ip::RULE,
    &unsupported_kubeadm_service_subnet_size::RULE,
    &unsupported_service_range_size::RULE,
    &unusable_address_type::RULE,
    &unusable_cluster_cidr::RULE,
    &unusable_cluster_ip::RULE,
    &unusable_kubeadm_subnet::RULE,
    &unusable_legacy_ip_family::RULE,
    &unusable_load_balancer_ip::RULE,
    &unusable_node_ip::RULE,
    &unusable_node_mask::RULE,
    &unusable_proxy_cluster_cidr::RULE,
    &unusable_service_cidr::RULE,
    &unusable_service_range::RULE,
    &unusable_source_range::RULE,
];
