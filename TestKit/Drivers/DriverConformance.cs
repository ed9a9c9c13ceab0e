namespace Iommu.TestKit.Drivers;

/// <summary>
/// What every driver owes to the core that calls it, whatever its hardware: rules that a test of one's own driver goes through, each on a
/// fresh <see cref="DriverRig"/>.
/// </summary>
public static class DriverConformance
{
    /// <summary>Every rule; the name of each is unique.</summary>
    public static IReadOnlyList<ConformanceRule> Rules { get; } =
    [
        new("hw_info_tells_its_own_type_and_no_other", AnswerRules.HwInfo),
        new("Types_and_flags_that_are_unknown_are_EOPNOTSUPP", AnswerRules.UnknownTypes),
        new("A_domain_is_what_its_flags_say", AnswerRules.Geometry),
        new("What_is_mapped_is_found_and_reached_and_nothing_else", MappingRules.Agree),
        new("A_mapping_that_cannot_be_is_refused_and_leaves_the_others", MappingRules.Refuse),
        new("Pages_of_another_size_may_follow_in_the_same_place", MappingRules.Resize),
        new("What_devices_write_is_dirty_until_it_is_cleared", MappingRules.Dirty),
        new("Attach_replace_and_detach_leave_no_translation_behind", AttachRules.Replace),
        new("A_domain_that_changed_while_a_device_was_away_is_found_changed", AttachRules.Share),
        new("A_new_domain_has_nothing_of_one_that_was_freed", AttachRules.Recycle),
        new("A_plan_that_is_not_run_changes_nothing", AttachRules.NotRun),
        new("A_domain_of_another_driver_is_EINVAL", AttachRules.Foreign),
        new("Ids_that_run_out_are_ENOSPC_and_come_back", FailureRules.Ids),
        new("A_step_without_memory_is_ENOMEM_and_leaves_nothing", FailureRules.Memory),
        new("An_attach_without_memory_leaves_the_device_where_it_was", FailureRules.AttachWithoutMemory),
        new("A_guest_reaches_what_both_stages_map_and_nothing_else", GuestRules.Nest),
        new("Guests_that_choose_ids_alike_do_not_meet", GuestRules.Isolate),
        new("An_invalidation_array_is_handled_up_to_the_entry_refused", GuestRules.Arrays),
        new("A_nested_domain_is_refused_with_the_errno_of_the_reason", GuestRules.Refuse),
        new("What_a_guest_had_is_given_back", GuestRules.GiveBack),
        new("A_fault_of_the_guests_first_stage_is_its_event", GuestRules.Faults),
    ];
}
