using Iommu.Actors;
using Iommu.Actors.Objects;
using Iommu.Messages;
using Iommu.TestKit.Model;

namespace Iommu.TestKit.Explore.Traces;

/// <summary>A message in words, short enough for a line.</summary>
internal static class MessageText
{
    private const int LengthMax = 96;

    public static string Of(object? message)
    {
        var text = message switch
        {
            null => "",
            CrashNote crash => crash.What,
            Call call => ModelText.Of(call),
            FromProcess { Call: var call } => ModelText.Of(call),
            Acquire { Call: var call } => $"Acquire for {ModelText.Of(call)}",
            LinkVdevice { Call: var call } => $"LinkVdevice for {ModelText.Of(call)}",
            Adopt adopt => $"Adopt {NameOf(adopt.Blueprint)}",
            Adopted adopted => $"Adopted as {adopted.Entry.Id}",
            Abort abort => $"Abort {NameOf(abort.Blueprint)}: {abort.Errno}",
            Retire retire => $"Retire {retire.Id}{(retire.Tombstone ? ", leaving a tombstone" : "")}",
            Release release => $"Release users {release.Users}, wait_cnt {release.Waits}",
            Journal journal => $"Journal {string.Join(", ", journal.Events.Select(happened => happened.GetType().Name))}",
            Answer answer => answer.Errno == Errno.None ? $"ok 0x{answer.Value:x}" : $"{answer.Errno} 0x{answer.Value:x}",
            _ => message.GetType().Name,
        };
        return text.Length <= LengthMax ? text : text[..(LengthMax - 3)] + "...";
    }

    private static string NameOf(Blueprint blueprint) => blueprint.GetType().Name.Replace("Blueprint", "");
}
