//! Computer-telephony integration, the host's side: call centers, softphone layouts, screen
//! pops, call logs, and the Open CTI contract.

pub mod call_center;
pub mod call_center_edit;
pub mod call_center_lint;
pub mod call_center_xml;
pub mod call_log;
pub mod contract;
mod pop_address;
pub mod screen_pop;
pub mod softphone_layout;
pub mod voice_call;

pub use call_center::CallCenter;
pub use softphone_layout::SoftphoneLayout;
