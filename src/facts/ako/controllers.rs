//! Who writes Endpoints and `EndpointSlice`s by itself.

/// Users under which the cluster's own controllers write endpoints
/// (kubernetes/kubernetes@v1.36.3:plugin/pkg/auth/authorizer/rbac/bootstrappolicy/controller_policy.go; without
/// separate credentials the controller manager writes under its own name).
const CONTROLLERS: [&str; 5] = [
    "system:serviceaccount:kube-system:endpoint-controller",
    "system:serviceaccount:kube-system:endpointslice-controller",
    "system:serviceaccount:kube-system:endpointslicemirroring-controller",
    "system:kube-controller-manager",
    "system:apiserver",
];

/// Whether a user is one of them. The user decides, not a label or an owner reference, which anyone can set.
pub fn is_cluster_controller(user: &str) -> bool {
    CONTROLLERS.contains(&user)
}
