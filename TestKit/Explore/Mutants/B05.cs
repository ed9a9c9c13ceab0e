using Akka.Actor;
using Iommu.Actors;
using Iommu.Actors.Objects;

namespace Iommu.TestKit.Explore.Mutants;

/// <summary>
/// "Fix race during abort for file descriptors" taken back: an event queue that comes to nothing after its file is there has its reference
/// dropped once more, by the file's close, which comes late.
/// </summary>
internal sealed class B05 : MailMutant
{
    public override string Name => "B05";

    public override string Summary => "the close of an event queue's file that came to nothing drops a reference a second time";

    public override string Scenario => "fails-veventq-alloc";

    protected override object? Change(IActorRef recipient, object message, IActorRef? sender)
    {
        if (message is Abort { Blueprint: VeventqBlueprint }) Later(() => Tell(recipient, Release.Dependant, null));
        return message;
    }
}
