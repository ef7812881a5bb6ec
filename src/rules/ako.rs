//! The rules about AKO (ako.md section 5), sorted by name.

use crate::rule::Rule;

mod backend_outside_pool_family;
mod backend_without_node_port;
mod bracketed_controller_address;
mod change_of_vips_and_pools;
mod change_under_other_objects;
mod cidr_removed_under_load_balancer;
mod cni_plugin_unlike_cluster;
mod config_change_without_restart;
mod configuration_not_in_force;
mod dual_stack_load_balancer_from_endpoints;
mod dual_vip_network_under_load_balancer;
mod empty_vip_network_list;
mod endpoint_slice_outside_pool_family;
mod endpoint_without_target;
mod endpoints_by_name;
mod external_name_backend;
mod ignored_ipv6_preferred_address;
mod ignored_load_balancer_class;
mod ingress_class_without_api_group;
mod ip_family_on_unsupported_cloud;
mod ip_family_with_unsupported_cni;
mod ipv4_load_balancer_outside_ipv6_pools;
mod ipv4_preferred_address_without_cidr;
mod ipv4_servers_of_ipv6_pods;
mod ipv6_api_server;
mod ipv6_controller_address;
mod ipv6_gateway_address;
mod ipv6_host_rule_address;
mod ipv6_l4_rule_address;
mod ipv6_load_balancer_on_openshift;
mod ipv6_load_balancer_with_node_port_local;
mod ipv6_on_openshift;
mod ipv6_on_undeclared_cloud;
mod ipv6_on_undocumented_cloud;
mod ipv6_only_vip_network;
mod ipv6_only_vip_network_on_vlan;
mod ipv6_only_vip_network_under_load_balancer;
mod ipv6_pod_cidrs_annotation;
mod ipv6_preferred_address;
mod ipv6_preferred_address_without_v6cidr;
mod ipv6_servers_without_ipv6_cluster;
mod ipv6_service_import_endpoint;
mod ipv6_setting_outside_matrix;
mod ipv6_vip_on_load_balancer;
mod ipv6_with_early_node_port;
mod ipv6_with_node_port_local;
mod ipv6_with_unsupported_cni_likely;
mod load_balancer_outside_pool_family;
mod load_balancer_partly_outside_pool_family;
mod malformed_controller_address;
mod malformed_preferred_address;
mod malformed_vip_network;
mod misspelt_v6cidr_key;
mod mixed_family_pool;
mod node_outside_pool_family;
mod node_port_local_without_antrea;
mod pod_range_outside_pool_family;
mod preferred_dual_stack_on_load_balancer;
mod service_outside_pool_family;
mod service_without_ip_families;
mod several_vip_networks;
mod several_vip_networks_likely;
mod stated_release_not_running;
mod undescribed_release;
mod unknown_ip_family;
mod unreadable_vip_network_list;
mod unusable_infra_setting;
mod v6cidr_added_under_load_balancer;
mod v6cidr_on_unsupported_cloud;

/// Every rule, sorted by name.
pub static ALL: &[&Rule] = &[
    &backend_outside_pool_family::RULE,
    &backend_without_node_port::RULE,
    &bracketed_controller_address::RULE,
    &change_of_vips_and_pools::RULE,
    &change_under_other_objects::RULE,
    &cidr_removed_under_load_balancer::RULE,
    &cni_plugin_unlike_cluster::RULE,
    &config_change_without_restart::RULE,
    &configuration_not_in_force::RULE,
    &dual_stack_load_balancer_from_endpoints::RULE,
    &dual_vip_network_under_load_balancer::RULE,
    &empty_vip_network_list::RULE,
    &endpoint_slice_outside_pool_family::RULE,
    &endpoint_without_target::RULE,
    &endpoints_by_name::RULE,
    &external_name_backend::RULE,
    &ignored_ipv6_preferred_address::RULE,
    &ignored_load_balancer_class::RULE,
    &ingress_class_without_api_group::RULE,
    &ip_family_on_unsupported_cloud::RULE,
    &ip_family_with_unsupported_cni::RULE,
    &ipv4_load_balancer_outside_ipv6_pools::RULE,
    &ipv4_preferred_address_without_cidr::RULE,
    &ipv4_servers_of_ipv6_pods::RULE,
    &ipv6_api_server::RULE,
    &ipv6_controller_address::RULE,
    &ipv6_gateway_address::RULE,
    &ipv6_host_rule_address::RULE,
    &ipv6_l4_rule_address::RULE,
    &ipv6_load_balancer_on_openshift::RULE,
    &ipv6_load_balancer_with_node_port_local::RULE,
    &ipv6_on_openshift::RULE,
    &ipv6_on_undeclared_cloud::RULE,
    &ipv6_on_undocumented_cloud::RULE,
    &ipv6_only_vip_network::RULE,
    &ipv6_only_vip_network_on_vlan::RULE,
    &ipv6_only_vip_network_under_load_balancer::RULE,
    &ipv6_pod_cidrs_annotation::RULE,
    &ipv6_preferred_address::RULE,
    &ipv6_preferred_address_without_v6cidr::RULE,
    &ipv6_servers_without_ipv6_cluster::RULE,
    &ipv6_service_import_endpoint::RULE,
    &ipv6_setting_outside_matrix::RULE,
    &ipv6_vip_on_load_balancer::RULE,
    &ipv6_with_early_node_port::RULE,
    &ipv6_with_node_port_local::RULE,
    &ipv6_with_unsupported_cni_likely::RULE,
    &load_balancer_outside_pool_family::RULE,
    &load_balancer_partly_outside_pool_family::RULE,
    &malformed_controller_address::RULE,
    &malformed_preferred_address::RULE,
    &malformed_vip_network::RULE,
    &misspelt_v6cidr_key::RULE,
    &mixed_family_pool::RULE,
    &node_outside_pool_family::RULE,
    &node_port_local_without_antrea::RULE,
    &pod_range_outside_pool_family::RULE,
    &preferred_dual_stack_on_load_balancer::RULE,
    &service_outside_pool_family::RULE,
    &service_without_ip_families::RULE,
    &several_vip_networks::RULE,
    &several_vip_networks_likely::RULE,
    &stated_release_not_running::RULE,
    &undescribed_release::RULE,
    &unknown_ip_family::RULE,
    &unreadable_vip_network_list::RULE,
    &unusable_infra_setting::RULE,
    &v6cidr_added_under_load_balancer::RULE,
    &v6cidr_on_unsupported_cloud::RULE,
];
