using Iommu.Hardware.Queues;

namespace RiscvIommu.Driver;

/// <summary>Collects the commands of one batch and closes it with the fence that says when they are done.</summary>
internal sealed class CommandWriter(ICommandQueue queue)
{
    private readonly List<ulong> _words = [];

    public CommandWriter Add(Command command)
    {
        _words.AddRange([command.Word0, command.Word1]);
        return this;
    }

    public CommandBatch Close() => new(queue, Add(Command.Fence())._words.ToArray());
}
