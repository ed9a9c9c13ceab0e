using System.Reflection;
using System.Reflection.Emit;
using Iommu.Cli;
using Iommu.Cli.Stress;
using Iommu.TestKit.Stress.Hardware;

namespace Iommu.Tests.Cli.Stress;

public sealed class HardwareFileTests : IDisposable
{
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void The_one_hardware_of_an_assembly_is_the_products_own_type()
    {
        var hardware = HardwareFile.Load(Assembly("one", module => DefineHardware(module, "Vax")));
        Assert.Equal("Vax", hardware.GetType().Name);
        Assert.IsAssignableFrom<StressHardware>(hardware);
        Assert.Equal(_folder["one.dll"], HardwareSwitch.Text(hardware));
    }

    [Fact]
    public void What_is_not_public_or_abstract_does_not_count() => Assert.Equal("Vax", HardwareFile.Load(Assembly("counts", module =>
    {
        DefineHardware(module, "Vax");
        DefineHardware(module, "Hidden", TypeAttributes.NotPublic);
        DefineHardware(module, "Base", TypeAttributes.Public | TypeAttributes.Abstract);
    })).GetType().Name);

    [Fact]
    public void What_is_no_assembly_with_one_hardware_is_refused_in_one_line()
    {
        File.WriteAllText(_folder["text.dll"], "text");
        Refused(_folder["none.dll"], "there is no such file");
        Refused(_folder["text.dll"], "it is no .NET assembly");
        Refused(Assembly("empty", _ => { }), "it has no public class that derives from Iommu.TestKit.Stress.Hardware.StressHardware");
        Refused(Assembly("two", module =>
        {
            DefineHardware(module, "Vax");
            DefineHardware(module, "Pdp");
        }), "it has 2 public classes that derive from StressHardware (Pdp, Vax)");
        Refused(Assembly("closed", module => DefineHardware(module, "Vax", constructor: MethodAttributes.Private)),
            "Vax has no public constructor without parameters");
    }

    [Fact]
    public async Task The_command_line_says_which_file_and_why()
    {
        var file = _folder["none.dll"];
        (await CommandRun.OfAsync(new FakeRun().Runner, "stress", "--hardware", file))
            .AssertRefused($"--hardware {file}: there is no such file");
    }

    private static void Refused(string path, string why)
    {
        var refusal = Assert.Throws<InputException>(() => HardwareFile.Load(path));
        Assert.Contains(why, refusal.Message);
        Assert.DoesNotContain('\n', refusal.Message);
    }

    private string Assembly(string name, Action<ModuleBuilder> fill)
    {
        var assembly = new PersistedAssemblyBuilder(new AssemblyName(name), typeof(object).Assembly);
        fill(assembly.DefineDynamicModule(name));
        var path = _folder[$"{name}.dll"];
        assembly.Save(path);
        return path;
    }

    private static void DefineHardware(
        ModuleBuilder module, string name, TypeAttributes attributes = TypeAttributes.Public,
        MethodAttributes constructor = MethodAttributes.Public)
    {
        var type = module.DefineType(name, attributes, typeof(StressHardware));
        type.DefineDefaultConstructor(constructor);
        foreach (var method in typeof(StressHardware).GetMethods().Where(method => method.IsAbstract))
        {
            var body = type.DefineMethod(method.Name, MethodAttributes.Public | MethodAttributes.Virtual, method.ReturnType,
                [.. method.GetParameters().Select(parameter => parameter.ParameterType)]).GetILGenerator();
            body.Emit(OpCodes.Ldnull);
            body.Emit(OpCodes.Ret);
        }
        type.CreateType();
    }
}
