namespace Iommu.Hardware.Amd;

/// <summary>Whose command buffer it is: the host's, whose commands are carried out as they are, or a guest's.</summary>
internal interface ICommandOwner
{
    /// <summary>Adds the host commands that a command comes to; false when its owner may not issue it.</summary>
    bool TryConvert(Command command, List<Command> host);

    /// <summary>The store of a COMPLETION_WAIT; false where its owner may not write.</summary>
    bool TryStore(ulong address, ulong data);

    /// <summary>A command cannot be carried out; the buffer has stopped at it.</summary>
    /// <param name="offset">Of the command in its ring.</param>
    void ReportIllegal(uint offset);
}
